package interop

import (
	"os"
	"testing"

	"bitacora/server/interop/rig"
)

// start starts the cluster that the clients are run against.
func start(t *testing.T, o rig.Options) rig.Cluster {
	t.Helper()
	if againstApache() {
		return rig.ServeApache(t, o)
	}
	return rig.Serve(t, o)
}

// againstApache says that the tests themselves are being tested.
func againstApache() bool { return os.Getenv("BITACORA_INTEROP") == "apache" }
