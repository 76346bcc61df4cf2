// An OpenID Connect provider with one client, for tests: anybody signs in with any password.
// Usage: node provider.mjs REDIRECT_URI; prints its address.
import http from "node:http";
import Provider from "oidc-provider";

const server = http.createServer((request, response) => handle(request, response));
let handle;
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "market",
        client_secret: "the secret of the market",
        redirect_uris: [process.argv[2]],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
    // The market reads the ID token alone.
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@example.org`,
        email_verified: true,
        preferred_username: id,
      }),
    }),
  });
  handle = provider.callback();
  console.log(issuer);
});
