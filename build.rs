//! Asks the C compiler which CPU features llama.cpp is compiled for, so that the binary can say when a machine lacks one.

#[path = "src/cpu/features.rs"]
#[allow(dead_code, reason = "only the names are of use here")]
mod features;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/cpu/features.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let asks = std::env::var_os("CARGO_FEATURE_LLAMA").is_some()
        && std::env::var("CARGO_CFG_TARGET_ARCH")? == "x86_64";
    let built_for = if asks { ask_compiler(&out)? } else { Vec::new() };
    std::fs::write(out.join("built_for.rs"), format!("&{built_for:?}"))?;
    Ok(())
}

/// The features whose macros are defined under the flags that `cc` takes from the environment: the same that it gives to
/// llama.cpp (see `.cargo/config.toml`).
fn ask_compiler(out: &std::path::Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let question: String = features::FEATURES
        .iter()
        .map(|feature| {
            let name = feature.0;
            let macro_name = name.to_uppercase().replace(|char: char| !char.is_ascii_alphanumeric(), "_");
            format!("#ifdef __{macro_name}__\ntreefill_built_for {name}\n#endif\n")
        })
        .collect();
    let file = out.join("features.c");
    std::fs::write(&file, question)?;
    let answer = String::from_utf8(cc::Build::new().file(&file).try_expand()?)?;
    Ok(answer
        .lines()
        .filter_map(|line| Some(line.strip_prefix("treefill_built_for ")?.trim().to_string()))
        .collect())
}
