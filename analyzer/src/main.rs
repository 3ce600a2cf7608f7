//! The log analyzer: HTTP service, web page and commands.

fn main() {}
