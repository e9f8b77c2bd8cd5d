// The smoke test of the official Go SDK: `--list` names the cases, a name runs one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"connectrpc.com/connect"
	scalekit "github.com/scalekit-inc/scalekit-sdk-go/v2"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/organizations"
)

// What all cases share; each runs in a process of its own.
var (
	ctx         = context.Background()
	unique      = fmt.Sprintf("%x", time.Now().UnixNano())
	environment = os.Getenv("SCALEKIT_ENVIRONMENT_URL")
	client      = scalekit.NewScalekitClient(environment, os.Getenv("SCALEKIT_CLIENT_ID"), os.Getenv("SCALEKIT_CLIENT_SECRET"))
)

var cases = []struct {
	name string
	run  func()
}{
	{"organizations", tryOrganizations},
	{"settings, session policy and portal link", trySettings},
	{"domains", tryDomains},
	{"connections", tryConnections},
	{"users and memberships", tryUsers},
	{"roles and permissions", tryRoles},
	{"clients of the environment", tryClients},
	{"organization clients and their tokens", tryOrganizationClients},
	{"API tokens", tryTokens},
	{"sign-in with PKCE, refresh, session, logout", trySignIn},
	{"events", tryEvents},
	{"a webhook that we sent", tryWebhooks},
	{"errors", tryErrors},
}

func main() {
	wanted := os.Args[1]
	for _, each := range cases {
		if wanted == "--list" {
			fmt.Println(each.name)
		} else if wanted == each.name {
			each.run()
		}
	}
}

// got returns what a call answered, and ends the program where it failed.
func got[T any](value T, err error) T {
	done(err)
	return value
}

func done(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(holds bool, format string, seen ...any) {
	if !holds {
		panic(fmt.Sprintf(format, seen...))
	}
}

// refused says that a call must fail with a code.
func refused(code connect.Code, err error) {
	var failure *connect.Error
	expect(errors.As(err, &failure), "expected %v, got %v", code, err)
	expect(failure.Code() == code, "expected %v, got %v", code, failure)
}

func contains[T any](all []T, wanted func(T) bool) bool {
	for _, each := range all {
		if wanted(each) {
			return true
		}
	}
	return false
}

func text(value string) *string { return &value }

func number(value int32) *int32 { return &value }

func createOrganization() *organizations.Organization {
	options := scalekit.CreateOrganizationOptions{ExternalId: "go-" + unique}
	return got(client.Organization().CreateOrganization(ctx, "Go", options)).Organization
}

// testOrganization is the id of the organization that every development server has.
func testOrganization() string {
	found := got(client.Organization().GetOrganizationByExternalId(ctx, "test-organization"))
	return found.Organization.Id
}

// visit tells where the scripted user ends who is sent to an address.
func visit(address string) string {
	answer := got(http.Post(os.Getenv("INTEROP_USER"), "text/plain", strings.NewReader(address)))
	defer answer.Body.Close()
	body := string(got(io.ReadAll(answer.Body)))
	expect(answer.StatusCode == http.StatusOK, "the scripted user: %s", body)
	return body
}
