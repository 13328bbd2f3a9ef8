//! The command line.

#[cfg(feature = "cli")]
fn main() -> std::process::ExitCode {
    headwater::cli::main()
}

#[cfg(not(feature = "cli"))]
fn main() {
    eprintln!("headwater was built without its command line: build it with the feature `cli`");
}
