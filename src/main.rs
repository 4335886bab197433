//! Starts the `treefill` command: calls [`treefill::cli::run`] and returns its exit code.

/// Run before the initialisers of any library: those of llama.cpp may already use instructions this CPU lacks.
#[cfg(all(feature = "llama", target_os = "linux", target_env = "gnu"))]
#[used]
// SAFETY: the section holds pointers to functions of exactly this signature, which the dynamic loader calls once.
#[unsafe(link_section = ".preinit_array")]
static CHECK_CPU: unsafe extern "C" fn(libc::c_int, *const *const libc::c_char, *const *const libc::c_char) =
    treefill::cpu::preinit;

fn main() -> std::process::ExitCode {
    #[cfg(all(feature = "llama", not(all(target_os = "linux", target_env = "gnu"))))]
    treefill::cpu::check();
    treefill::cli::run()
}
