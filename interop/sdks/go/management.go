// The cases of the management API.
package main

import (
	"strings"

	"connectrpc.com/connect"
	scalekit "github.com/scalekit-inc/scalekit-sdk-go/v2"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/commons"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/connections"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/organizations"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/roles"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/users"
)

func tryOrganizations() {
	api, made := client.Organization(), createOrganization()
	expect(strings.HasPrefix(made.Id, "org_"), "id %s", made.Id)
	found := got(api.GetOrganizationByExternalId(ctx, "go-"+unique))
	expect(found.Organization.Id == made.Id, "another organization has the external id")
	got(api.UpdateOrganization(ctx, made.Id, &scalekit.UpdateOrganization{
		DisplayName: text("Go Ltd"), Metadata: map[string]string{"plan": "gold"},
	}))
	change := &scalekit.UpdateOrganization{ExternalId: text("renamed-" + unique)}
	got(api.UpdateOrganizationByExternalId(ctx, "go-"+unique, change))
	seen := got(api.GetOrganization(ctx, made.Id)).Organization
	expect(seen.DisplayName == "Go Ltd" && seen.Metadata["plan"] == "gold", "%v", seen)
	expect(seen.GetExternalId() == "renamed-"+unique, "%v", seen)
	page := got(api.ListOrganization(ctx, &scalekit.ListOrganizationOptions{PageSize: 1}))
	expect(page.Organizations[0].Id == made.Id && page.NextPageToken != "", "%v", page)
	done(api.DeleteOrganization(ctx, made.Id))
	_, err := api.GetOrganization(ctx, made.Id)
	refused(connect.CodeNotFound, err)
}

func trySettings() {
	api, made := client.Organization(), createOrganization()
	features := []scalekit.Feature{{Name: "sso", Enabled: true}, {Name: "dir_sync", Enabled: true}}
	settings := scalekit.OrganizationSettings{Features: features}
	seen := got(api.UpdateOrganizationSettings(ctx, made.Id, settings)).Organization
	expect(contains(seen.Settings.Features, func(each *organizations.OrganizationSettingsFeature) bool {
		return each.Name == "dir_sync" && each.Enabled
	}), "%v", seen)
	limits := scalekit.OrganizationUserManagementSettings{MaxAllowedUsers: number(3)}
	kept := got(api.UpsertUserManagementSettings(ctx, made.Id, limits))
	expect(kept.MaxAllowedUsers.Value == 3, "%v", kept)
	custom := scalekit.OrganizationSessionPolicy{
		PolicySource:               scalekit.SessionPolicySourceCustom,
		AbsoluteSessionTimeout:     number(90),
		AbsoluteSessionTimeoutUnit: scalekit.TimeUnitMinutes,
	}
	got(api.UpdateOrganizationSessionPolicy(ctx, made.Id, custom))
	policy := got(api.GetOrganizationSessionPolicy(ctx, made.Id))
	expect(policy.AbsoluteSessionTimeout.Value == 90, "%v", policy)
	link := got(api.GeneratePortalLink(ctx, made.Id))
	expect(strings.HasPrefix(link.Location, environment+"/magicLink/"), "%v", link)
}

func tryDomains() {
	api, made := client.Domain(), createOrganization()
	name := "go-" + unique + ".com"
	domain := got(api.CreateDomain(ctx, made.Id, name)).Domain
	allowed := &scalekit.CreateDomainOptions{DomainType: scalekit.DomainTypeAllowedEmail}
	got(api.CreateDomain(ctx, made.Id, "mail."+name, allowed))
	expect(got(api.GetDomain(ctx, domain.Id, made.Id)).Domain.Domain == name, "%v", domain)
	expect(len(got(api.ListDomains(ctx, made.Id)).Domains) == 2, "not two domains")
	some := &scalekit.ListDomainOptions{DomainType: scalekit.DomainTypeAllowedEmail, PageSize: 5}
	expect(len(got(api.ListDomains(ctx, made.Id, some)).Domains) == 1, "not one allowed domain")
	done(api.DeleteDomain(ctx, domain.Id, made.Id))
	_, err := api.GetDomain(ctx, domain.Id, made.Id)
	refused(connect.CodeNotFound, err)
}

func tryConnections() {
	api, made := client.Connection(), createOrganization()
	wanted := &connections.CreateConnection{
		Provider: connections.ConnectionProvider_OKTA, Type: connections.ConnectionType_SAML,
	}
	connection := got(api.CreateConnection(ctx, made.Id, wanted)).Connection
	seen := got(api.GetConnection(ctx, made.Id, connection.Id)).Connection
	expect(strings.HasPrefix(seen.GetSamlConfig().GetSpMetadataUrl(), environment), "%v", seen)
	switched := got(api.EnableConnection(ctx, made.Id, connection.Id))
	expect(!switched.Enabled && switched.GetErrorMessage() != "", "an incomplete connection was enabled")
	done(api.DeleteConnection(ctx, made.Id, connection.Id))
	_, err := api.GetConnection(ctx, made.Id, connection.Id)
	refused(connect.CodeNotFound, err)
	test := testOrganization()
	simulated := testConnection(connections.ConnectionType_SAML)
	expect(!got(api.DisableConnection(ctx, test, simulated)).Enabled, "still on")
	expect(got(api.EnableConnection(ctx, test, simulated)).Enabled, "still off")
	byDomain := got(api.ListConnectionsByDomain(ctx, "example.com")).Connections
	expect(contains(byDomain, func(each *connections.ListConnection) bool {
		return each.Id == simulated
	}), "%v", byDomain)
}

// testConnection is the id of the test organization's connection of a kind to the simulated identity provider.
func testConnection(kind connections.ConnectionType) string {
	for _, each := range got(client.Connection().ListConnections(ctx, testOrganization())).Connections {
		if each.Type == kind {
			return each.Id
		}
	}
	panic("no simulated connection")
}

func tryUsers() {
	api, made := client.User(), createOrganization()
	wanted := &users.CreateUser{
		Email:      "ada-" + unique + "@example.net",
		ExternalId: text("user-" + unique),
		UserProfile: &users.CreateUserProfile{
			GivenName: "Ada", FamilyName: "Park",
		},
		Membership: &users.CreateMembership{Roles: []*commons.Role{{Name: "admin"}}},
	}
	user := got(api.CreateUserAndMembership(ctx, made.Id, wanted, false)).User
	expect(got(api.GetUser(ctx, user.Id)).User.UserProfile.GivenName == "Ada", "%v", user)
	expect(got(api.GetUserByExternalId(ctx, "user-"+unique)).User.Id == user.Id, "%v", user)
	change := &users.UpdateUser{UserProfile: &users.UpdateUserProfile{FamilyName: text("Quill")}}
	changed := got(api.UpdateUser(ctx, user.Id, change)).User
	expect(changed.UserProfile.FamilyName == "Quill", "%v", changed)
	listed := got(api.ListOrganizationUsers(ctx, made.Id, &scalekit.ListUsersOptions{PageSize: 5})).Users
	expect(len(listed) == 1 && listed[0].Id == user.Id, "%v", listed)
	member := &users.UpdateMembership{Roles: []*commons.Role{{Name: "member"}}}
	got(api.UpdateMembership(ctx, made.Id, user.Id, member))
	held := got(api.ListUserRoles(ctx, made.Id, user.Id)).Roles
	expect(len(held) == 1 && held[0].Name == "member", "%v", held)
	got(api.ListUserPermissions(ctx, made.Id, user.Id))
	second := got(client.Organization().CreateOrganization(ctx, "Second", scalekit.CreateOrganizationOptions{}))
	joining := &users.CreateMembership{Roles: []*commons.Role{{Name: "member"}}}
	joined := got(api.CreateMembership(ctx, second.Organization.Id, user.Id, joining, false)).User
	expect(len(joined.Memberships) == 2, "%v", joined)
	done(api.DeleteMembership(ctx, second.Organization.Id, user.Id, false))
	_, err := api.CreateUserAndMembership(ctx, made.Id, wanted, false)
	refused(connect.CodeAlreadyExists, err)
	done(api.DeleteUser(ctx, user.Id))
	_, err = api.GetUser(ctx, user.Id)
	refused(connect.CodeNotFound, err)
}

func tryRoles() {
	api, permissions := client.Role(), client.Permission()
	permission, base, role := "notes:"+unique, "base_"+unique, "editor_"+unique
	got(permissions.CreatePermission(ctx, &roles.CreatePermission{Name: permission, Description: "Read notes"}))
	expect(got(permissions.GetPermission(ctx, permission)).Permission.Description == "Read notes", "description")
	got(api.CreateRole(ctx, &roles.CreateRole{Name: base, DisplayName: "Base", Permissions: []string{permission}}))
	got(api.CreateRole(ctx, &roles.CreateRole{Name: role, DisplayName: "Editor", Extends: text(base)}))
	effective := got(permissions.ListEffectiveRolePermissions(ctx, role)).Permissions
	expect(len(effective) == 1 && effective[0].Name == permission, "%v", effective)
	got(permissions.AddPermissionsToRole(ctx, role, []string{permission}))
	done(permissions.RemovePermissionFromRole(ctx, role, permission))
	expect(got(api.ListDependentRoles(ctx, base)).Roles[0].Name == role, "dependents")
	refused(connect.CodeFailedPrecondition, api.DeleteRole(ctx, base))
	done(api.DeleteRoleBase(ctx, role))
	got(api.UpdateRole(ctx, role, &roles.UpdateRole{DisplayName: text("Writer")}))
	expect(got(api.GetRole(ctx, role)).Role.DisplayName == "Writer", "the role kept its name")
	expect(got(api.GetRoleUsersCount(ctx, role)).Count == 0, "somebody has the role")
	done(api.DeleteRole(ctx, role))
	done(api.DeleteRole(ctx, base))
	done(permissions.DeletePermission(ctx, permission))
	made, own := createOrganization(), "own_"+unique
	got(api.CreateOrganizationRole(ctx, made.Id, &roles.CreateOrganizationRole{Name: own, DisplayName: "Own"}))
	expect(got(api.GetOrganizationRole(ctx, made.Id, own)).Role.Name == own, "the role of the organization")
	done(api.DeleteOrganizationRole(ctx, made.Id, own))
}

func tryErrors() {
	api := client.Organization()
	_, err := api.GetOrganization(ctx, "org_1")
	refused(connect.CodeNotFound, err)
	_, err = api.CreateOrganization(ctx, "", scalekit.CreateOrganizationOptions{})
	refused(connect.CodeInvalidArgument, err)
	createOrganization()
	_, err = api.CreateOrganization(ctx, "Double", scalekit.CreateOrganizationOptions{ExternalId: "go-" + unique})
	refused(connect.CodeAlreadyExists, err)
	stranger := client.WithSecret("wrong")
	_, err = stranger.Organization().GetOrganization(ctx, "org_1")
	expect(err != nil && strings.Contains(err.Error(), "invalid_client"), "%v", err)
}
