//! The versioned key-value store of one operator's partition.
//!
//! Keys and values are the bytes of encoded rows. Bytes rather than `Rc<[Datum]>`: a value is one allocation however
//! many columns it has, whole columns are encoded and decoded at once by `arrow-row`, and a delta file needs no second
//! format. A value may have a time at which it goes; the store keeps its keys by that time too, so that what a
//! watermark evicts is found without looking at what stays.
//!
//! The maps are persistent: a version costs a pointer to keep, and a commit what it changed.

use std::ops::Bound;
use std::rc::Rc;

use indexmap::IndexMap;
use rpds::{RedBlackTreeMap, RedBlackTreeSet};
use rustc_hash::FxBuildHasher;

/// An encoded row.
pub type Bytes = Rc<[u8]>;

/// What a store keeps for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The event time by which it is evicted, in microseconds; [`Entry::NEVER`] for none.
    pub time: i64,
    pub value: Bytes,
}

impl Entry {
    /// The time of what stays for ever.
    pub const NEVER: i64 = i64::MAX;
}

/// What a version changed: keys with what they hold now, or `None` where a key was removed, in the order in which
/// they were first touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// The version that this makes: the id of the batch.
    pub version: u64,
    pub changes: Vec<(Bytes, Option<Entry>)>,
}

/// A store: the last committed version and what was changed since. Clones are cheap.
#[derive(Clone, Debug, Default)]
pub struct StateStore {
    rows: RedBlackTreeMap<Bytes, Entry>,
    times: RedBlackTreeSet<(i64, Bytes)>,
    changes: IndexMap<Bytes, Option<Entry>, FxBuildHasher>,
}

impl StateStore {
    /// What a key holds.
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.rows.get(key)
    }

    /// How many keys there are: `numRowsTotal`.
    pub fn len(&self) -> usize {
        self.rows.size()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Gives a key a value.
    pub fn put(&mut self, key: Bytes, entry: Entry) {
        self.set(key.clone(), entry.clone());
        self.changes.insert(key, Some(entry));
    }

    fn set(&mut self, key: Bytes, entry: Entry) {
        let old = self.rows.get(&key).map_or(Entry::NEVER, |it| it.time);
        if old != entry.time {
            if old != Entry::NEVER {
                self.times.remove_mut(&(old, key.clone()));
            }
            if entry.time != Entry::NEVER {
                self.times.insert_mut((entry.time, key.clone()));
            }
        }
        self.rows.insert_mut(key, entry);
    }

    /// Removes a key; says whether it was there.
    pub fn remove(&mut self, key: &Bytes) -> bool {
        let removed = self.unset(key);
        if removed {
            self.changes.insert(key.clone(), None);
        }
        removed
    }

    fn unset(&mut self, key: &Bytes) -> bool {
        let Some(entry) = self.rows.get(key) else { return false };
        if entry.time != Entry::NEVER {
            self.times.remove_mut(&(entry.time, key.clone()));
        }
        self.rows.remove_mut(key)
    }

    /// All keys with what they hold, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, &Entry)> {
        self.rows.iter()
    }

    /// The keys whose time is at most this, with what they hold, the earliest first.
    pub fn expired(&self, limit: i64) -> Vec<(Bytes, Entry)> {
        let due = self.times.iter().take_while(|(time, _)| *time <= limit);
        due.filter_map(|(_, key)| Some((key.clone(), self.rows.get(key)?.clone()))).collect()
    }

    /// The keys that begin with `prefix`, with what they hold, in order.
    pub fn with_prefix<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = (&'a Bytes, &'a Entry)> {
        self.rows
            .range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// Makes the changes a version, and says what they were.
    pub fn commit(&mut self, version: u64) -> Delta {
        Delta { version, changes: std::mem::take(&mut self.changes).into_iter().collect() }
    }

    /// Lays a version's changes over the one before it: how a store is read back from delta files.
    pub fn apply(&mut self, delta: &Delta) {
        for (key, entry) in &delta.changes {
            match entry {
                Some(entry) => self.set(key.clone(), entry.clone()),
                None => {
                    self.unset(key);
                }
            }
        }
    }

    /// A store that holds these rows and nothing uncommitted: how one is read back from a snapshot file.
    pub fn of(rows: impl IntoIterator<Item = (Bytes, Entry)>) -> Self {
        let mut store = StateStore::default();
        rows.into_iter().for_each(|(key, entry)| store.set(key, entry));
        store
    }

    /// Whether something was changed since the last commit.
    pub fn changed(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// The stores of one task: one for each store of the stateful operator that the task runs, in the order of
/// [`StatefulOperator::stores`](super::StatefulOperator::stores).
pub type TaskState = Vec<StateStore>;

#[cfg(test)]
mod tests {
    use super::{Bytes, Delta, Entry, StateStore};

    fn bytes(text: &str) -> Bytes {
        text.as_bytes().into()
    }

    fn entry(text: &str, time: i64) -> Entry {
        Entry { time, value: bytes(text) }
    }

    #[test]
    fn a_version_is_the_one_before_it_and_its_delta() {
        let mut store = StateStore::default();
        store.put(bytes("a"), entry("1", 5));
        store.put(bytes("b"), entry("2", Entry::NEVER));
        let first = store.commit(0);
        let old = store.clone();
        store.put(bytes("b"), entry("3", 7));
        assert!(store.remove(&bytes("a")));
        assert!(!store.remove(&bytes("z")));
        let second = store.commit(1);
        assert_eq!(second.changes, vec![(bytes("b"), Some(entry("3", 7))), (bytes("a"), None)]);
        assert_eq!(old.get(b"a"), Some(&entry("1", 5)));

        let mut read = StateStore::default();
        read.apply(&first);
        read.apply(&second);
        assert!(read.iter().eq(store.iter()));
        assert_eq!(read.expired(7), store.expired(7));
        assert_eq!(read.commit(2), Delta { version: 2, changes: Vec::new() });
    }

    #[test]
    fn what_is_due_comes_by_time_and_prefixes_by_key() {
        let rows = [("b", 3), ("ab", 9), ("aa", 1), ("c", Entry::NEVER)];
        let mut store = StateStore::of(rows.map(|(key, time)| (bytes(key), entry("", time))));
        let keys = |rows: Vec<(Bytes, Entry)>| rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(store.expired(3)), vec![bytes("aa"), bytes("b")]);
        store.put(bytes("aa"), entry("", 4));
        assert_eq!(keys(store.expired(3)), vec![bytes("b")]);
        let with_prefix = store.with_prefix(b"a").map(|(key, _)| key.clone()).collect::<Vec<_>>();
        assert_eq!(with_prefix, vec![bytes("aa"), bytes("ab")]);
        assert_eq!(store.len(), 4);
    }
}
