//! Checks whether this machine's CPU has what the C code was compiled for, before any of that code runs.
//!
//! llama.cpp is compiled for the machine that builds (`.cargo/config.toml`), Rust code for any. On a lesser CPU the C++
//! initialisers, which run before `main`, could already raise SIGILL, so on Linux the question is put in `.preinit_array`
//! (see `main.rs`). It does not choose kernels.

mod features;

#[cfg(target_arch = "x86_64")]
use features::{FEATURES, Feature, Register};

/// The CPU features the C code may use. Empty where there is no check (other architectures than x86-64).
pub fn built_for() -> &'static [&'static str] {
    const BUILT_FOR: &[&str] = include!(concat!(env!("OUT_DIR"), "/built_for.rs"));
    BUILT_FOR
}

/// The first feature that the C code may use and this machine lacks. `pretend`: a feature to take for missing, for tests.
pub fn missing(pretend: Option<&[u8]>) -> Option<&'static str> {
    built_for().iter().copied().find(|name| pretend == Some(name.as_bytes()) || !is_here(name))
}

#[cfg(not(target_arch = "x86_64"))]
fn is_here(_: &str) -> bool {
    true
}

/// Raw `cpuid` instead of `is_x86_feature_detected!`: that knows fewer names, takes only literals, and is folded to "yes"
/// for features the Rust code is compiled with.
#[cfg(target_arch = "x86_64")]
fn is_here(name: &str) -> bool {
    FEATURES.iter().find(|feature| feature.0 == name).is_none_or(reported)
}

#[cfg(target_arch = "x86_64")]
fn reported(&(_, leaf, subleaf, register, bit, state): &Feature) -> bool {
    use std::arch::x86_64::__cpuid_count;
    if __cpuid_count(leaf & 0x8000_0000, 0).eax < leaf {
        return false;
    }
    // Leaf 7 tells its last sub-leaf; beyond it the answer is noise.
    if leaf == 7 && subleaf > __cpuid_count(7, 0).eax {
        return false;
    }
    let answer = __cpuid_count(leaf, subleaf);
    let value = match register {
        Register::Eax => answer.eax,
        Register::Ebx => answer.ebx,
        Register::Ecx => answer.ecx,
        Register::Edx => answer.edx,
    };
    value >> bit & 1 == 1 && (state == 0 || saved_state() & state == state)
}

/// XCR0: the register state that the operating system saves; without it the instructions fault all the same.
#[cfg(target_arch = "x86_64")]
fn saved_state() -> u64 {
    const OSXSAVE: u32 = 1 << 27;
    if std::arch::x86_64::__cpuid_count(1, 0).ecx & OSXSAVE == 0 {
        return 0;
    }
    let (low, high): (u32, u32);
    // SAFETY: OSXSAVE is set, so the instruction exists and may be used here; it only writes these two registers.
    unsafe {
        std::arch::asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack))
    };
    u64::from(high) << 32 | u64::from(low)
}

/// The variable by which tests pretend that the machine lacks a feature.
const PRETEND: &str = "TREEFILL_PRETEND_CPU_LACKS";
const BEFORE: &str = "treefill: this program was built for a CPU with ";
const AFTER: &str = ", which this machine lacks; rebuild it here with `cargo build --release`, or for any machine with \
                     CFLAGS and CXXFLAGS as ARCHITECTURE.md says (\"CPU level\")\n";

/// End the process with a clear line if the CPU lacks something. For the start of `main`, where [`preinit`] did not run.
pub fn check() {
    let pretend = std::env::var_os(PRETEND);
    if let Some(name) = missing(pretend.as_ref().map(|value| value.as_encoded_bytes())) {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), [BEFORE, name, AFTER].concat().as_bytes());
        std::process::exit(1);
    }
}

/// The same for `.preinit_array`, before the initialisers of any library: no allocation, no `std::env`, no `exit`.
///
/// # Safety
/// `environment` is a C environment: null, or pointers to zero-terminated strings, the last one null.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub unsafe extern "C" fn preinit(
    _count: libc::c_int,
    _arguments: *const *const libc::c_char,
    environment: *const *const libc::c_char,
) {
    // SAFETY: promised by the caller.
    let Some(name) = missing(unsafe { pretended(environment) }) else { return };
    for part in [BEFORE, name, AFTER] {
        // SAFETY: a valid buffer and its length; standard error may be closed, then nobody reads it.
        unsafe { libc::write(2, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: ends the process; nothing has been initialised that would want to be ended.
    unsafe { libc::_exit(1) };
}

/// # Safety
/// As for [`preinit`].
#[cfg(all(target_os = "linux", target_env = "gnu"))]
unsafe fn pretended(mut environment: *const *const libc::c_char) -> Option<&'static [u8]> {
    if environment.is_null() {
        return None;
    }
    // SAFETY: up to its last, null entry the environment can be read, and it lives as long as the process.
    unsafe {
        while !(*environment).is_null() {
            let entry = std::ffi::CStr::from_ptr(*environment).to_bytes();
            if let Some(value) =
                entry.strip_prefix(PRETEND.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
            {
                return Some(value);
            }
            environment = environment.add(1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_that_builds_has_everything() {
        assert_eq!(missing(None), None);
        assert_eq!(missing(Some(b"")), None);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn cpuid_is_read_as_the_standard_library_reads_it() {
        macro_rules! same {
            ($($name:tt)*) => {$(
                assert_eq!(is_here($name), is_x86_feature_detected!($name), $name);
            )*};
        }
        same!["sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "lzcnt" "movbe" "avx" "f16c" "fma" "avx2" "bmi2" "adx" "avx512f" "avx512dq"
              "avx512ifma" "avx512cd" "avx512bw" "avx512vl" "avx512vbmi" "avx512vbmi2" "avx512vnni" "avx512bitalg"
              "avx512vpopcntdq" "avx512bf16" "avx512fp16" "avxvnni" "gfni" "vaes" "vpclmulqdq"];
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_feature_the_code_uses_can_be_pretended_away() {
        for name in built_for() {
            assert_eq!(missing(Some(name.as_bytes())), Some(*name));
        }
    }
}
