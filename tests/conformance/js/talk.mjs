// Talks to a stand-in as any program with the AWS SDK for JavaScript would, and prints what came of each step as JSON.
import { readFileSync } from "node:fs";
import {
  STSClient,
  AssumeRoleCommand,
  AssumeRoleWithSAMLCommand,
  AssumeRoleWithWebIdentityCommand,
  AssumeRootCommand,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetDelegatedAccessTokenCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  GetWebIdentityTokenCommand,
} from "@aws-sdk/client-sts";
import { fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";

const props = JSON.parse(readFileSync(0, "utf8"));
const where = { endpoint: props.url, region: "us-east-1" };
const keys = (given) => ({
  accessKeyId: given.AccessKeyId,
  secretAccessKey: given.SecretAccessKey,
  sessionToken: given.SessionToken,
});
const clientOf = (given) => new STSClient({ ...where, credentials: keys(given), maxAttempts: 1 });
const alice = clientOf(props.alice);
const bob = clientOf(props.bob);
const RoleArn = props.role;

const steps = {
  whoami: () => alice.send(new GetCallerIdentityCommand({})),
  assume_role: async () => {
    const session = await alice.send(
      new AssumeRoleCommand({
        RoleArn,
        RoleSessionName: "js",
        DurationSeconds: 900,
        Tags: [{ Key: "Team", Value: "a b/+é" }],
        PolicyArns: [],
        Policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
      }),
    );
    const who = await clientOf(session.Credentials).send(new GetCallerIdentityCommand({}));
    return { user: session.AssumedRoleUser, expiration: session.Credentials.Expiration, arn: who.Arn };
  },
  refused: () => bob.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "js" })),
  broken_limits: () => alice.send(new AssumeRoleCommand({ RoleArn: "abc", RoleSessionName: "x", DurationSeconds: 1 })),
  web_identity: async () => {
    const client = new STSClient({ ...where, credentials: () => Promise.reject(new Error("needs none")) });
    const found = await client.send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: props.web_role, RoleSessionName: "js", WebIdentityToken: props.token }),
    );
    return { subject: found.SubjectFromWebIdentityToken, provider: found.Provider, audience: found.Audience, user: found.AssumedRoleUser };
  },
  web_identity_refused: () =>
    alice.send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: props.web_role, RoleSessionName: "js", WebIdentityToken: "no.jwt.here" }),
    ),
  session_token: async () => {
    const found = await alice.send(new GetSessionTokenCommand({ SerialNumber: props.serial, TokenCode: props.code }));
    return clientOf(found.Credentials).send(new GetCallerIdentityCommand({}));
  },
  used_code: () => alice.send(new GetSessionTokenCommand({ SerialNumber: props.serial, TokenCode: props.code })),
  federation: async () => {
    const found = await alice.send(new GetFederationTokenCommand({ Name: "js" }));
    const who = await clientOf(found.Credentials).send(new GetCallerIdentityCommand({}));
    return { user: found.FederatedUser, arn: who.Arn };
  },
  key_info: () => alice.send(new GetAccessKeyInfoCommand({ AccessKeyId: props.alice.AccessKeyId })),
  decode_refused: () => alice.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: "nonsense" })),
  decode: () => alice.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: props.denial })),
  saml: async () => {
    const client = new STSClient({ ...where, credentials: () => Promise.reject(new Error("needs none")) });
    const found = await client.send(
      new AssumeRoleWithSAMLCommand({ RoleArn: props.saml_role, PrincipalArn: props.saml_provider, SAMLAssertion: props.saml }),
    );
    return clientOf(found.Credentials).send(new GetCallerIdentityCommand({}));
  },
  saml_refused: () =>
    alice.send(
      new AssumeRoleWithSAMLCommand({ RoleArn: props.saml_role, PrincipalArn: props.saml_provider, SAMLAssertion: "bm9uc2Vuc2U=" }),
    ),
  root: async () => {
    const TaskPolicyArn = { arn: "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials" };
    const found = await alice.send(new AssumeRootCommand({ TargetPrincipal: props.account, TaskPolicyArn }));
    return clientOf(found.Credentials).send(new GetCallerIdentityCommand({}));
  },
  root_refused: () => alice.send(new AssumeRootCommand({ TargetPrincipal: props.account, TaskPolicyArn: { arn: RoleArn } })),
  delegated: async () => {
    const found = await alice.send(new GetDelegatedAccessTokenCommand({ TradeInToken: props.trade_in }));
    return clientOf(found.Credentials).send(new GetCallerIdentityCommand({}));
  },
  delegated_refused: () => alice.send(new GetDelegatedAccessTokenCommand({ TradeInToken: "nonsense" })),
  web_token: async () => {
    const session = await alice.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "js" }));
    return clientOf(session.Credentials).send(new GetWebIdentityTokenCommand({ Audience: ["x"], SigningAlgorithm: "RS256" }));
  },
  web_token_refused: () => alice.send(new GetWebIdentityTokenCommand({ Audience: ["x"], SigningAlgorithm: "RS256" })),
  wrong_secret: () =>
    clientOf({ ...props.alice, SecretAccessKey: "wrong" }).send(new GetCallerIdentityCommand({})),
  temporary_credentials: async () => {
    const credentials = fromTemporaryCredentials({
      masterCredentials: keys(props.alice),
      params: { RoleArn, RoleSessionName: "provider" },
      clientConfig: where,
    });
    return new STSClient({ ...where, credentials }).send(new GetCallerIdentityCommand({}));
  },
  web_token_provider: async () => {
    const credentials = fromWebToken({
      roleArn: props.web_role,
      roleSessionName: "provider",
      webIdentityToken: props.token,
      clientConfig: where,
    });
    return new STSClient({ ...where, credentials }).send(new GetCallerIdentityCommand({}));
  },
};

const seen = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    const { $metadata, ...output } = await step();
    seen[name] = { output, request_id: $metadata?.requestId };
  } catch (error) {
    seen[name] = {
      error: error.name,
      message: error.message,
      kind: error.constructor.name,
      status: error.$metadata?.httpStatusCode,
      request_id: error.$metadata?.requestId,
      fault: error.$fault,
    };
  }
}
console.log(JSON.stringify(seen));
