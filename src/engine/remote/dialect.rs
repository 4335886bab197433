//! Speaks with servers: what differs between them is one file each.
