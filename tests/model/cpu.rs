//! Tests the real binary on a CPU that it was not built for (pretended): one clear line, exit code 1, no crash.

use std::process::Command;

#[test]
fn a_lesser_cpu_is_told() {
    for lacking in ["sse3", "avx2", "avx512f"] {
        if !treefill::cpu::built_for().contains(&lacking) {
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_treefill"))
            .arg("--version")
            .env("TREEFILL_PRETEND_CPU_LACKS", lacking)
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.starts_with(&format!("treefill: this program was built for a CPU with {lacking}, which")),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(output.stdout.is_empty());
        assert_eq!(output.status.code(), Some(1));
    }
}
