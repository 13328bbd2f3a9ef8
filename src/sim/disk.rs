//! A node's disk: files whose content is durable only once it was synced.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use super::{Random, Stream};

/// The files of one node, and the writes under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// What a reader sees now.
    files: BTreeMap<Rc<str>, Rc<[u8]>>,
    /// Of each file written since it was synced: what of it is durable, if anything.
    unsynced: BTreeMap<Rc<str>, Option<Rc<[u8]>>>,
    /// Few at a time, so in the order they began.
    writing: Vec<Writing>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Writing {
    ticket: u64,
    path: Rc<str>,
    data: Rc<[u8]>,
}

impl Disk {
    /// The content a reader sees, written but perhaps unsynced.
    pub fn read(&self, path: &str) -> Option<&Rc<[u8]>> {
        self.files.get(path)
    }

    /// Paths that start with `prefix`, in order.
    pub fn list<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Rc<str>> {
        self.files
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .map(|(path, _)| path)
            .take_while(move |path| path.starts_with(prefix))
    }

    pub(super) fn begin(&mut self, ticket: u64, path: Rc<str>, data: Rc<[u8]>) {
        self.writing.push(Writing { ticket, path, data });
    }

    pub(super) fn finish(&mut self, ticket: u64) {
        if let Some(index) = self.writing.iter().position(|writing| writing.ticket == ticket) {
            let Writing { path, data, .. } = self.writing.remove(index);
            let before = self.files.insert(path.clone(), data);
            self.unsynced.entry(path).or_insert(before);
        }
    }

    pub(super) fn sync(&mut self, path: &str) {
        self.unsynced.remove(path);
    }

    pub(super) fn rename(&mut self, from: &str, to: Rc<str>) {
        let Some(data) = self.files.remove(from) else { return };
        match self.unsynced.remove(from) {
            Some(durable) => self.unsynced.insert(to.clone(), durable),
            None => self.unsynced.remove(&to),
        };
        self.files.insert(to, data);
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.files.remove(path);
        self.unsynced.remove(path);
    }

    /// Settles all that was under way or unsynced when the power went: each is lost, done or torn by chance.
    pub(super) fn crash(&mut self, random: &mut Random) {
        for Writing { path, data, .. } in std::mem::take(&mut self.writing) {
            let before = self.files.remove(&path);
            self.unsynced.entry(path.clone()).or_insert_with(|| before.clone());
            self.files.extend(settle(random, before, data).map(|settled| (path, settled)));
        }
        for (path, durable) in std::mem::take(&mut self.unsynced) {
            let Some(data) = self.files.remove(&path) else { continue };
            let settled = if durable.as_ref() == Some(&data) { durable } else { settle(random, durable, data) };
            self.files.extend(settled.map(|settled| (path, settled)));
        }
    }
}

/// What a crash leaves of a write of `new` over `old`: either of them, or a part of the new.
fn settle(random: &mut Random, old: Option<Rc<[u8]>>, new: Rc<[u8]>) -> Option<Rc<[u8]>> {
    match random.below(Stream::Storage, 3) {
        0 => old,
        1 => Some(new),
        _ => Some(new[..random.below(Stream::Storage, new.len() as u64) as usize].into()),
    }
}
