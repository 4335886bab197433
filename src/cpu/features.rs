//! Lists the x86-64 CPU features a C compiler may use, with where `cpuid` reports them. `build.rs` reads this file too.

/// A register of `cpuid`'s answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    Eax,
    Ebx,
    Ecx,
    Edx,
}

use Register::{Eax, Ebx, Ecx, Edx};

/// One feature: name, leaf, sub-leaf, register, bit, and the bits of XCR0 that the system must have switched on.
pub type Feature = (&'static str, u32, u32, Register, u32, u64);

/// No register state beyond what every x86-64 system saves.
const NONE: u64 = 0;
/// XMM and YMM.
const YMM: u64 = 0x6;
/// YMM, the mask registers and ZMM.
const ZMM: u64 = 0xe6;
/// The tile registers.
const TILE: u64 = 0x6_0000;

/// Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E. The compiler's macro is the name in capitals between `__`, with `_`
/// for other characters. Coarse features stand first: the first that is missing is the one a message names.
pub const FEATURES: &[Feature] = &[
    ("sse3", 1, 0, Ecx, 0, NONE),
    ("ssse3", 1, 0, Ecx, 9, NONE),
    ("sse4.1", 1, 0, Ecx, 19, NONE),
    ("sse4.2", 1, 0, Ecx, 20, NONE),
    ("popcnt", 1, 0, Ecx, 23, NONE),
    ("movbe", 1, 0, Ecx, 22, NONE),
    ("lzcnt", 0x8000_0001, 0, Ecx, 5, NONE),
    ("avx", 1, 0, Ecx, 28, YMM),
    ("f16c", 1, 0, Ecx, 29, YMM),
    ("fma", 1, 0, Ecx, 12, YMM),
    ("avx2", 7, 0, Ebx, 5, YMM),
    ("bmi", 7, 0, Ebx, 3, NONE),
    ("bmi2", 7, 0, Ebx, 8, NONE),
    ("adx", 7, 0, Ebx, 19, NONE),
    ("avx512f", 7, 0, Ebx, 16, ZMM),
    ("avx512dq", 7, 0, Ebx, 17, ZMM),
    ("avx512ifma", 7, 0, Ebx, 21, ZMM),
    ("avx512cd", 7, 0, Ebx, 28, ZMM),
    ("avx512bw", 7, 0, Ebx, 30, ZMM),
    ("avx512vl", 7, 0, Ebx, 31, ZMM),
    ("avx512vbmi", 7, 0, Ecx, 1, ZMM),
    ("avx512vbmi2", 7, 0, Ecx, 6, ZMM),
    ("avx512vnni", 7, 0, Ecx, 11, ZMM),
    ("avx512bitalg", 7, 0, Ecx, 12, ZMM),
    ("avx512vpopcntdq", 7, 0, Ecx, 14, ZMM),
    ("avx512bf16", 7, 1, Eax, 5, ZMM),
    ("avx512fp16", 7, 0, Edx, 23, ZMM),
    ("avxvnni", 7, 1, Eax, 4, YMM),
    ("gfni", 7, 0, Ecx, 8, NONE),
    ("vaes", 7, 0, Ecx, 9, YMM),
    ("vpclmulqdq", 7, 0, Ecx, 10, YMM),
    ("amx-tile", 7, 0, Edx, 24, TILE),
    ("amx-int8", 7, 0, Edx, 25, TILE),
    ("amx-bf16", 7, 0, Edx, 22, TILE),
];
