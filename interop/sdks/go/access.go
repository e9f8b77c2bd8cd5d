// The cases of clients, tokens and sign-in.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	scalekit "github.com/scalekit-inc/scalekit-sdk-go/v2"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/clients"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/connections"
	"github.com/scalekit-inc/scalekit-sdk-go/v2/pkg/grpc/scalekit/v1/sessions"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func tryClients() {
	api := client.Client()
	wanted := &clients.CreateClient{Name: "Console", ClientType: "WEB_APP"}
	made := got(api.CreateClient(ctx, wanted)).Client
	secret := got(api.AddClientSecret(ctx, made.Id))
	other := scalekit.NewScalekitClient(environment, made.Id, secret.PlainSecret)
	got(other.GetClientAccessToken(ctx))
	change := &clients.UpdateClient{PostLoginUris: []string{"https://app.example/callback"}}
	mask := &fieldmaskpb.FieldMask{Paths: []string{"post_login_uris"}}
	got(api.UpdateClient(ctx, made.Id, change, mask))
	seen := got(api.GetClient(ctx, made.Id)).Client
	expect(slices.Equal(seen.PostLoginUris, change.PostLoginUris), "%v", seen)
	listed := got(api.ListClients(ctx, nil)).Clients
	expect(contains(listed, func(each *clients.Client) bool { return each.Id == made.Id }), "%v", listed)
	done(api.RemoveClientSecret(ctx, made.Id, secret.Secret.Id))
	_, err := other.GetClientAccessToken(ctx)
	expect(err != nil, "a secret that is gone was taken")
	done(api.DeleteClient(ctx, made.Id))
}

func tryOrganizationClients() {
	api, made := client.M2M(), createOrganization()
	created := got(api.CreateOrganizationClient(ctx, made.Id, scalekit.CreateOrganizationClientOptions{
		Name:         "Importer",
		Scopes:       []string{"notes:read", "notes:write"},
		Audience:     []string{"notes.example"},
		CustomClaims: []*clients.CustomClaim{{Key: "tier", Value: "gold"}},
	}))
	id := created.Client.ClientId
	token := got(client.GenerateClientToken(ctx, scalekit.GenerateClientTokenOptions{
		ClientID: id, ClientSecret: created.PlainSecret, Scopes: []string{"notes:read"},
	}))
	strict := &scalekit.ValidateTokenOptions{
		Issuer: environment, Audience: []string{"notes.example"}, Scopes: []string{"notes:read"},
	}
	expect(got(client.ValidateTokenWithOptions(ctx, token.AccessToken, strict)), "the token does not hold")
	for _, wrong := range []*scalekit.ValidateTokenOptions{
		{Scopes: []string{"notes:write"}}, {Audience: []string{"other.example"}}, {Issuer: "https://other.example"},
	} {
		holds, _ := client.ValidateTokenWithOptions(ctx, token.AccessToken, wrong)
		expect(!holds, "the token holds for %v", wrong)
	}
	claims := got(client.ValidateToken(ctx, token.AccessToken))
	expect(claims["oid"] == made.Id && claims["client_id"] == id, "%v", claims)
	second := got(api.CreateOrganizationClientSecret(ctx, made.Id, id))
	done(api.DeleteOrganizationClientSecret(ctx, made.Id, id, second.Secret.Id))
	got(api.UpdateOrganizationClient(ctx, made.Id, id, scalekit.UpdateOrganizationClientOptions{Name: "Exporter"}))
	expect(got(api.GetOrganizationClient(ctx, made.Id, id)).Client.Name == "Exporter", "the client kept its name")
	listed := got(api.ListOrganizationClients(ctx, made.Id, scalekit.ListOrganizationClientsOptions{}))
	expect(len(listed.Clients) == 1, "%v", listed)
	done(api.DeleteOrganizationClient(ctx, made.Id, id))
}

func tryTokens() {
	api, made := client.Token(), createOrganization()
	expiry := time.Now().Add(time.Hour)
	created := got(api.CreateToken(ctx, made.Id, scalekit.CreateTokenOptions{
		CustomClaims: map[string]string{"team": "blue"}, Expiry: &expiry, Description: "CI",
	}))
	seen := got(api.ValidateToken(ctx, created.Token)).TokenInfo
	expect(seen.GetOrganizationId() == made.Id && seen.CustomClaims["team"] == "blue", "%v", seen)
	got(api.UpdateToken(ctx, created.Token, scalekit.UpdateTokenOptions{Description: text("CI 2")}))
	listed := got(api.ListTokens(ctx, made.Id, scalekit.ListTokensOptions{PageSize: 5})).Tokens
	expect(len(listed) == 1 && listed[0].GetDescription() == "CI 2", "%v", listed)
	done(api.InvalidateToken(ctx, created.Token))
	_, err := api.ValidateToken(ctx, created.Token)
	expect(err != nil, "a token that was invalidated holds")
}

func trySignIn() {
	callback, goodbye := os.Getenv("INTEROP_CALLBACK"), os.Getenv("INTEROP_GOODBYE")
	proof := got(client.GeneratePKCEConfiguration(scalekit.PKCEOptions{}))
	start := got(client.GetAuthorizationUrl(callback, scalekit.AuthorizationUrlOptions{
		ConnectionId:        testConnection(connections.ConnectionType_OIDC),
		OrganizationId:      testOrganization(),
		Scopes:              []string{"openid", "profile", "email", "offline_access"},
		State:               "state-1",
		CodeChallenge:       proof.CodeChallenge,
		CodeChallengeMethod: proof.CodeChallengeMethod,
	}))
	back := got(url.Parse(visit(start.String()))).Query()
	expect(back.Get("state") == "state-1" && back.Get("code") != "", "%v", back)
	verifier := scalekit.AuthenticationOptions{CodeVerifier: proof.CodeVerifier}
	result := got(client.AuthenticateWithCode(ctx, back.Get("code"), callback, verifier))
	expect(result.User.Email == "ada@example.com" && result.ExpiresIn > 0, "%v", result.User)
	claims := got(client.GetAccessTokenClaims(ctx, result.AccessToken))
	expect(claims.Iss == environment, "%v", claims)
	renewed := got(client.RefreshAccessToken(ctx, result.RefreshToken))
	expect(got(client.ValidateAccessToken(ctx, renewed.AccessToken)), "the new token does not hold")
	session, _ := claims.Claims["sid"].(string)
	expect(got(client.Session().GetSession(ctx, session)).UserId == claims.Sub, "session %s", session)
	all := got(client.Session().GetUserSessions(ctx, claims.Sub, 10, "", nil)).Sessions
	expect(contains(all, func(each *sessions.SessionDetails) bool { return each.SessionId == session }), "%v", all)
	out := got(client.GetLogoutUrl(scalekit.LogoutUrlOptions{
		IdTokenHint: result.IdToken, PostLogoutRedirectUri: goodbye, State: "bye",
	}))
	expect(strings.HasPrefix(visit(out.String()), goodbye), "the logout ended elsewhere")
	_, err := client.RefreshAccessToken(ctx, renewed.RefreshToken)
	expect(err != nil, "the session outlived the logout")
	_, err = client.AuthenticateWithCode(ctx, back.Get("code"), callback, verifier)
	expect(err != nil, "a code was redeemed twice")
}

func tryEvents() {
	made := createOrganization()
	wanted := &scalekit.EventFilter{EventTypes: []string{"organization.created"}, OrganizationId: made.Id}
	seen := got(client.Events().ListEventsPaginated(ctx, scalekit.ListEventsOptions{PageSize: 5, Filter: wanted}))
	expect(len(seen.Events) == 1 && seen.Events[0].Type == "organization.created", "%v", seen)
}

func tryWebhooks() {
	createOrganization()
	answer := got(http.Get(os.Getenv("INTEROP_WEBHOOK")))
	defer answer.Body.Close()
	var sent struct {
		Secret  string
		Headers map[string]any
		Body    string
	}
	done(json.NewDecoder(answer.Body).Decode(&sent))
	headers := map[string]string{}
	for name, value := range sent.Headers {
		headers[name] = fmt.Sprint(value)
	}
	expect(strings.Contains(sent.Body, `"organization.created"`), "%s", sent.Body)
	expect(got(client.VerifyWebhookPayload(sent.Secret, headers, []byte(sent.Body))), "the signature does not hold")
	holds, _ := client.VerifyWebhookPayload(sent.Secret, headers, []byte(sent.Body+" "))
	expect(!holds, "the signature holds for another payload")
}
