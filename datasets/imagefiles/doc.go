// Package imagefiles reads labelled images from files that the user has: MNIST and its relatives in IDX format, CIFAR-10 and CIFAR-100 in their
// binary format. Nothing is downloaded.
//
// [Folder] is a recipe of them, for a notebook's data and for tasks; the functions give the arrays at once.
//
// What is read has the arrays of datasets.Images: values from 0 to 1, [sample, y, x, channel], and classes, [sample, class 1]. Files may be compressed
// by gzip. A file that ends early, goes on too long or says that it is larger than the limit is named.
package imagefiles
