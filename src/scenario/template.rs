//! The scenario that `headwater new` writes.

use super::words::Name;

/// A commented scenario of this name to start from; it runs as it stands.
///
/// The name is put into kebab-case, as scenarios are named.
pub fn template(name: &str) -> String {
    include_str!("template.yaml").replace("NAME", &Name::nearest(name).0)
}
