//go:build !linux

package oracle

import "syscall"

// dieWithParent does nothing where there is no such thing: a rig that is killed
// leaves its processes behind.
func dieWithParent() *syscall.SysProcAttr { return nil }
