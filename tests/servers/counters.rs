//! Reads what servers count of themselves.

use super::Real;

/// Prompt tokens that a server has evaluated so far, by its own count.
pub fn evaluated(real: Real) -> f64 {
    match real {
        Real::LlamaServer | Real::LlamaServerText | Real::Shape => {
            value(real, "llamacpp:prompt_tokens_total")
        }
        Real::Vllm => {
            value(real, "vllm:prefix_cache_queries_total") - value(real, "vllm:prefix_cache_hits_total")
        }
        Real::LlamaCppPython | Real::LiteLlm => panic!("it does not count them"),
    }
}

/// Requests that llama-server works on.
pub fn at_work(real: Real) -> f64 {
    value(real, "llamacpp:requests_processing")
}

fn value(real: Real, wanted: &str) -> f64 {
    let url = format!("{}/metrics", real.url());
    let text = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
    let line =
        text.lines().find(|line| line.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(['{', ' '])));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{wanted} is not in {text}"))
}
