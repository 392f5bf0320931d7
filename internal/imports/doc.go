// Package imports keeps data that came from files in the store, and finds them again by name or by content.
//
// A set is two things in the store's folder data: a bundle with an array a file, in the order of the file it came from, and
// an index of it, once under the set's name and once under its hash. The hash is of names, axes, units, types and values, so that the
// same data have the same hash wherever they came from.
package imports
