/* Forced into every file of llama.cpp (-include) where it is compiled with AMX.
 *
 * gcc 12's _tile_loadconfig declares that ldtilecfg reads 8 bytes. It reads 64 (Intel SDM, vol. 2, LDTILECFG), so gcc drops
 * the stores to the other 56, and the first tile load faults. This one names all 64 as its operand. */
#if defined(__AMX_TILE__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#define _tile_loadconfig(config) __asm__ volatile("ldtilecfg %0" : : "m"(*(const char(*)[64])(config)))
#endif
