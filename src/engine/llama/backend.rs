//! Initialises llama.cpp's process-wide state once, and turns its log into `tracing` events.

use std::ffi::{CStr, c_char, c_void};
use std::sync::OnceLock;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_sys_2 as sys;
use parking_lot::Mutex;

/// The last error line of llama.cpp: its functions only return null, the reason is in the log.
static LAST_ERROR: Mutex<String> = Mutex::new(String::new());

/// The backend, initialised at the first call and never freed: engines come and go, it stays.
pub fn backend() -> Result<&'static LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let backend = BACKEND.get_or_init(|| {
        prepare();
        LlamaBackend::init().map_err(|error| format!("llama.cpp cannot be initialised: {error}"))
    });
    backend.as_ref().map_err(Clone::clone)
}

fn prepare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // On an abort ggml forks a debugger on this process and waits for it, unless told not to.
        // SAFETY: runs once, before the first call into llama.cpp, so none of its threads reads the environment yet;
        // Rust code reads it under std's lock. There is no other way to set this.
        unsafe { std::env::set_var("GGML_NO_BACKTRACE", "1") };
        // SAFETY: the callback is a plain function that lives for ever and needs no user data.
        unsafe {
            sys::llama_log_set(Some(log), std::ptr::null_mut());
        }
    });
}

/// The CPU features and devices that ggml uses, as it prints them.
pub fn system_info() -> String {
    static INFO: OnceLock<String> = OnceLock::new();
    let info = INFO.get_or_init(|| {
        prepare();
        // SAFETY: returns a zero-terminated static buffer that the call itself fills; called once, so nobody else writes.
        let text = unsafe { CStr::from_ptr(sys::llama_print_system_info()) };
        text.to_string_lossy().trim().trim_end_matches('|').trim().to_string()
    });
    info.clone()
}

/// The last error that llama.cpp logged, taken away.
pub fn take_last_error() -> Option<String> {
    let error = std::mem::take(&mut *LAST_ERROR.lock());
    (!error.is_empty()).then_some(error)
}

unsafe extern "C" fn log(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a zero-terminated string that lives during the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let text = text.trim_end();
    if text.is_empty() || text == "." {
        return;
    }
    tracing::debug!(target: "llama.cpp", "{text}");
    if level == sys::GGML_LOG_LEVEL_ERROR {
        let mut last = LAST_ERROR.lock();
        // The first error names the cause; those that follow only pass it on ("failed to load model").
        if last.is_empty() {
            // `llama_model_load: error loading model: …`: drop the function's name.
            *last = text.split_once(": ").map_or(text, |(_, rest)| rest).to_string();
        }
    }
}
