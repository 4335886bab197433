//! Describes the server that runs the model, as `treefill doctor` finds it: what it says of itself, and how fast it is.

use super::super::Common;
use super::Page;
use super::probe::{Measured, Probe};
use crate::config::Config;
use crate::engine::{RemoteSettings, TeamServer, shown_address};

/// What is known of the server that runs the model.
pub fn describe(page: &mut Page, common: &Common, config: &Config, skip: bool) -> anyhow::Result<()> {
    let set = config.remote.where_set();
    page.fact("source", format_args!("a server: {set}; treefill engine explain shows what it is sent"))?;
    if config.engine.in_process {
        page.bad("engine", "an editor's server asks no server itself; remove engine.in_process")?;
    }
    let each = match config.remote.each() {
        Ok(each) => each,
        Err(why) => return Ok(page.bad("server", why)?),
    };
    let several = each.len() > 1;
    for (one, server) in
        each.into_iter().zip(config.remote.servers.iter().map(Some).chain(std::iter::once(None)))
    {
        if let Some(TeamServer { url: Some(url), weight, languages, .. }) = server.filter(|_| several) {
            let languages = if languages.is_empty() {
                "all languages that no other server names".to_owned()
            } else {
                languages.join(", ")
            };
            let url = shown_address(url);
            page.fact("one of", format_args!("{url}, weight {}, for {languages}", weight.unwrap_or(1)))?;
        }
        if !skip {
            measured(page, common, config, one, server.and_then(|server| server.family.clone()))?;
        }
    }
    Ok(())
}

/// What one server says of itself, and how fast it is; `family` is that of its own model.
fn measured(
    page: &mut Page,
    common: &Common,
    config: &Config,
    one: RemoteSettings,
    family: Option<String>,
) -> anyhow::Result<()> {
    let mut settings = config.remote_settings(std::path::PathBuf::new());
    let tuning = &mut settings.options.tuning;
    tuning.family = family.or_else(|| tuning.family.take());
    settings.remote = Some(one);
    match Probe::Model(settings).ask::<Measured>(common) {
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
