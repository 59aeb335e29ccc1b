//! Sessions against servers of the tests' own.
