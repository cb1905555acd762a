// Package scene turns a view.State into a picture: a flat display list that the
// page paints on a canvas and WriteSVG writes as a file. It is pure: the same
// Input gives the same List.
//
// The picture is a matrix. Columns are brokers, with the controllers above
// them; rows are partitions, so the copies of one partition lie side by side
// and share one scale of offsets. The metadata log is a row like any other.
// Producers stand at the left, groups at the right, messages fly between.
// Colour is the leader epoch, always with its number; filled is committed,
// outlined is not; whatever colour says, shape or text says too.
//
// Beside the drawing, the list holds hits: what stands where, for a pointer, and
// in which order for a keyboard.
package scene
