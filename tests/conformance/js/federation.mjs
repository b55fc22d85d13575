// Federation as a program with the AWS SDK for JavaScript does it; where the endpoint is, the environment says.
import { readFileSync } from "node:fs";
import { STSClient, AssumeRoleWithSAMLCommand, GetCallerIdentityCommand, GetWebIdentityTokenCommand } from "@aws-sdk/client-sts";
import { fromTokenFile } from "@aws-sdk/credential-providers";

const props = JSON.parse(readFileSync(0, "utf8"));
const client = new STSClient({ maxAttempts: 1 });

const saml = await client.send(
  new AssumeRoleWithSAMLCommand({ RoleArn: props.role, PrincipalArn: props.provider, SAMLAssertion: props.response }),
);
const refused = await client
  .send(new AssumeRoleWithSAMLCommand({ RoleArn: props.role, PrincipalArn: props.provider, SAMLAssertion: "AAAA" }))
  .catch((error) => ({ name: error.name, message: error.message }));
const token = await client.send(
  new GetWebIdentityTokenCommand({ Audience: ["https://api.example.com"], SigningAlgorithm: "ES384" }),
);
const workload = new STSClient({
  credentials: fromTokenFile({ webIdentityTokenFile: props.token_file, roleArn: props.web_role, roleSessionName: "js" }),
});
const who = await workload.send(new GetCallerIdentityCommand({}));
console.log(
  JSON.stringify({ subject: saml.Subject, issuer: saml.Issuer, refused, token: token.WebIdentityToken, arn: who.Arn }),
);
