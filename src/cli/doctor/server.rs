//! Describes the server that runs the model, as `treefill doctor` finds it: what it says of itself, and how fast it is.

use super::super::Common;
use super::Page;
use super::probe::{Measured, Probe};
use crate::config::Config;

/// What is known of the server that runs the model.
pub fn describe(page: &mut Page, common: &Common, config: &Config, skip: bool) -> anyhow::Result<()> {
    let url = config.remote.url.as_deref().unwrap_or_default();
    page.fact(
        "source",
        format_args!("a server (remote.url): {url}; treefill engine explain shows what it is sent"),
    )?;
    if config.engine.in_process {
        page.bad("engine", "an editor's server asks no server itself; remove engine.in_process")?;
    }
    if skip {
        return Ok(());
    }
    match Probe::Model(config.remote_settings(std::path::PathBuf::new())).ask::<Measured>(common) {
        Err(why) => Ok(page.bad("server", why)?),
        Ok(Measured { info, speed }) => {
            let told = info.server.clone().unwrap_or_default();
            if let Some(trouble) = told.trouble {
                return Ok(page.bad("server", trouble)?);
            }
            page.good(
                "server",
                format_args!("{} ({}), tokens by {}", told.host, told.dialect, told.tokenizer),
            )?;
            page.good("name", &info.name)?;
            page.fact("prompt", &info.family)?;
            page.fact("context", format_args!("{} tokens", info.context))?;
            match speed {
                Ok((read, written)) => Ok(page
                    .good("speed", format_args!("reads {read:.0} tokens/s, writes {written:.0} tokens/s"))?),
                Err(why) => Ok(page.bad("speed", why)?),
            }
        }
    }
}
