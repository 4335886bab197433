//! Reads the counters that inference servers keep of themselves, as Prometheus scrapes them: `GET /metrics`.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

/// What a server has counted since it was started; a difference of two is what happened between them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Counters {
    /// Prompt tokens: evaluated by llama-server, looked up by vLLM.
    pub prompt: f64,
    /// Prompt tokens found in its prefix cache.
    pub cached: f64,
    /// Tokens generated.
    pub generated: f64,
    /// Whether `prompt` counts the cached ones, too.
    pub prompt_has_cached: bool,
}

/// Names of what is summed: prompt tokens, cached ones, generated ones; whether the first has the second. vLLM counts prompts when they
/// are done, so those that were given up are among the looked-up tokens only.
const KNOWN: [(&str, &str, &str, bool); 3] = [
    (
        "llamacpp:prompt_tokens_total",
        "llamacpp:prompt_tokens_cached_total",
        "llamacpp:tokens_predicted_total",
        false,
    ),
    ("vllm:prefix_cache_queries_total", "vllm:prefix_cache_hits_total", "vllm:generation_tokens_total", true),
    ("sglang:prompt_tokens_total", "sglang:cached_tokens_total", "sglang:generation_tokens_total", true),
];

impl Counters {
    /// Those of the server whose metrics are at `url`, by default on the path `/metrics`.
    ///
    /// # Errors
    /// When it offers none, or none that are known here.
    pub fn read(url: &str) -> anyhow::Result<Self> {
        let url = url.trim_end_matches('/');
        let url = if url.ends_with("/metrics") { url.to_owned() } else { format!("{url}/metrics") };
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build();
        let agent: ureq::Agent = config.into();
        let mut answer = agent
            .get(&url)
            .call()
            .with_context(|| format!("no counters at {url}; llama-server has them with --metrics"))?;
        let text = answer.body_mut().read_to_string().with_context(|| format!("cannot read {url}"))?;
        Self::of(&text).with_context(|| format!("{url} has no counters of llama-server, vLLM or SGLang"))
    }

    /// Those in a text of Prometheus' format.
    pub fn of(text: &str) -> Option<Self> {
        let sum = |wanted: &str| {
            let mut values = text.lines().filter_map(|line| {
                let (name, rest) = line.split_at(line.find(['{', ' '])?);
                (name == wanted).then(|| rest.rsplit(' ').next()?.parse::<f64>().ok())?
            });
            values.next().map(|first| first + values.sum::<f64>())
        };
        KNOWN.iter().find_map(|&(prompt, cached, generated, prompt_has_cached)| {
            Some(Self {
                prompt: sum(prompt)?,
                cached: sum(cached).unwrap_or(0.0),
                generated: sum(generated).unwrap_or(0.0),
                prompt_has_cached,
            })
        })
    }

    /// What came since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            prompt: self.prompt - before.prompt,
            cached: self.cached - before.cached,
            generated: self.generated - before.generated,
            ..self
        }
    }

    /// Prompt tokens that were computed.
    pub fn evaluated(self) -> f64 {
        if self.prompt_has_cached { self.prompt - self.cached } else { self.prompt }
    }

    /// The share of all prompt tokens that was found in the cache; NaN without any.
    pub fn hits(self) -> f64 {
        self.cached / (self.evaluated() + self.cached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_servers_are_understood() {
        let llama = "# HELP llamacpp:prompt_tokens_total Number\nllamacpp:prompt_tokens_total 30\n\
                     llamacpp:prompt_tokens_cached_total 70\nllamacpp:tokens_predicted_total 4\n";
        let llama = Counters::of(llama).unwrap();
        assert_eq!((llama.evaluated(), llama.hits(), llama.generated), (30.0, 0.7, 4.0));
        let vllm = "vllm:prefix_cache_queries_total{engine=\"0\",model_name=\"a b\"} 60.0\n\
                    vllm:prefix_cache_queries_total{engine=\"1\",model_name=\"a b\"} 40.0\n\
                    vllm:prefix_cache_hits_total{engine=\"0\"} 80.0\nvllm:generation_tokens_total{engine=\"0\"} 1e1\n";
        let vllm = Counters::of(vllm).unwrap();
        assert_eq!((vllm.evaluated(), vllm.hits(), vllm.generated), (20.0, 0.8, 10.0));
        assert_eq!(vllm.since(vllm).evaluated(), 0.0);
        assert_eq!(Counters::of("up 1\n<html>"), None);
    }
}
