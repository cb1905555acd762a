// Package logtest holds every log.Store to what the interface promises: the same
// stories, told in testdata, the same random operations compared with a model, the
// same crashes and failures. A store's own test makes a Suite and runs it.
//
// In come disks, out come test failures. It uses no clock: who waits for space to
// come back does so in Suite.Await.
package logtest
