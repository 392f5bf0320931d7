// Package store keeps data and runs in plain files, so that nothing half-written is ever read.
//
// The directory is .fieldbook, in the nearest parent that has one, else in the module's root, or $FIELDBOOK_HOME:
//
//	data/<key>/                  arrays as .npy, and complete.json
//	runs/<key>/manifest.json     what was run, on which machine
//	runs/<key>/metrics.jsonl     the history, a line a stretch of steps
//	runs/<key>/checkpoint-<step>/ arrays, snapshot.json, and complete.json
//	runs/<key>/lock              held while a process trains the run; lock.pid says which
//
// A bundle (a folder of files that belong together) is written beside its place under a temporary name, flushed, and
// renamed; complete.json, with the size and the SHA-256 of each file, is written last. A reader demands it and checks
// every file against it: a truncated or altered bundle is reported as a [CorruptError], and its owner makes it again.
// The manifest and complete.json begin with their own SHA-256. Two processes may use a store at once.
package store
