//! Checks who can reach the network: only the command line can download, servers and engines cannot name what does.

use super::layers::LAYERS;
use super::{sources, verdict};

#[test]
fn only_the_command_line_reaches_the_hub() {
    let may = LAYERS.iter().filter(|(_, below)| below.split(' ').any(|name| name == "hub"));
    assert_eq!(may.map(|(name, _)| *name).collect::<Vec<_>>(), ["cli"], "serve and engine never download");
    // The command line has the two processes that never download, too.
    let files = ["src/cli/serve.rs", "src/cli/engine.rs"];
    let mut offences = Vec::new();
    for source in sources(&["src"]).iter().filter(|it| files.contains(&&*it.path) || it.module() == "lsp") {
        let named = source.code().filter(|(_, line)| line.contains("hub::") || line.contains("model::"));
        offences.extend(named.map(|(at, line)| format!("{}:{at}: {}", source.path, line.trim())));
    }
    verdict("serve and engine never download", offences);
}

#[test]
fn only_the_engine_asks_a_server() {
    let mut offences = Vec::new();
    let may = [
        "src/engine/start.rs",
        "src/engine/settings.rs",
        "src/engine.rs",
        "src/cli/engine.rs",
        // Many engines at once, to measure a server.
        "src/cli/eval/load.rs",
    ];
    let all = sources(&["src"]);
    let others =
        all.iter().filter(|it| !it.path.starts_with("src/engine/remote") && !may.contains(&&*it.path));
    for source in others {
        let named =
            source.code().filter(|(_, line)| line.contains("RemoteEngine") || line.contains("remote::"));
        offences.extend(named.map(|(at, line)| format!("{}:{at}: {}", source.path, line.trim())));
    }
    verdict("only the engine asks a server", offences);
}

#[test]
fn no_network_socket_is_named() {
    let words = ["TcpListener", "TcpStream", "UdpSocket", "std::net::", "UnixDatagram"];
    let mut offences = Vec::new();
    // An engine's process connects to the server that the user named, by this file alone.
    let door = "src/engine/remote/socket.rs";
    for source in sources(&["src"]).iter().filter(|source| source.path != door) {
        let found = source.code().filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        offences.extend(found.map(|(at, line)| format!("{}:{at}: {}", source.path, line.trim())));
    }
    verdict("everything stays on this machine", offences);
}
