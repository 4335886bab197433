//! Every risk that is looked for, and what looks like one and is none.

unsafe impl Send for Handle {}
// <- risk

const API_KEY: &str = "abcd1234";
// <- risk

fn risky(db: &Db, name: &str, client: ClientBuilder) {
    let bits = std::mem::transmute::<f32, u32>(1.0);
    //         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ risk
    Command::new("sh").arg(name);
    // <- risk
    Command::new("git").arg(name);
    // ! risk
    Command::new(format!("{name}/run"));
    // <- risk
    db.execute(&format!("DELETE FROM t WHERE a = {name}"), []);
    // <- risk
    db.execute("DELETE FROM t WHERE a = ?", [name]);
    // ! risk
    client.danger_accept_invalid_certs(true);
    // <- risk
    let password = "hunter2";
    // <- risk
    let password = "";
    // ! risk
}
