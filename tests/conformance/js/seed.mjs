// The six calls that the project began with, as a program with the AWS SDK for JavaScript makes them: where the service
// is and whose keys sign, the environment says. `node seed.mjs STEP` prints what came of one of them as JSON.
import {
  STSClient,
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
} from "@aws-sdk/client-sts";
import { S3Client, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";

const { S3_READ_ROLE, OIDC_TOKEN, MFA_CODE, SESSION_NAME } = process.env;
const Bucket = "cross-account-bucket";
const sts = () => new STSClient({ region: "us-east-1" });
const keys = ({ AccessKeyId, SecretAccessKey, SessionToken }) => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  sessionToken: SessionToken,
});
const temporary = (DurationSeconds) =>
  new S3Client({
    region: "us-west-2",
    credentials: fromTemporaryCredentials({
      params: { RoleArn: S3_READ_ROLE, RoleSessionName: SESSION_NAME ?? "auto-refresh-session", DurationSeconds },
    }),
  });
const listed = async (s3) => {
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key, Size }) => [Key, Size]);
};

const steps = {
  who_am_i: () => sts().send(new GetCallerIdentityCommand({})),

  assume_role: async () => {
    const { AssumedRoleUser, Credentials } = await sts().send(
      new AssumeRoleCommand({
        RoleArn: "arn:aws:iam::987654321098:role/CrossAccountRole",
        RoleSessionName: "my-app-session",
        DurationSeconds: 3600,
      }),
    );
    const { accessKeyId, sessionToken } = keys(Credentials);
    const lasts = Credentials.Expiration - Date.now();
    return { arn: AssumedRoleUser.Arn, accessKeyId, token: typeof sessionToken, lasts };
  },

  web_identity: () =>
    sts().send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: "arn:aws:iam::123456789012:role/WebIdentityRole",
        RoleSessionName: "web-session",
        WebIdentityToken: OIDC_TOKEN,
        DurationSeconds: 3600,
      }),
    ),

  session_token: async () => {
    const { Credentials } = await sts().send(
      new GetSessionTokenCommand({
        DurationSeconds: 43200,
        SerialNumber: "arn:aws:iam::123456789012:mfa/alice",
        TokenCode: MFA_CODE,
      }),
    );
    const with_mfa = new STSClient({ region: "us-east-1", credentials: keys(Credentials) });
    return { lasts: Credentials.Expiration - Date.now(), who: await with_mfa.send(new GetCallerIdentityCommand({})) };
  },

  s3_client: async () => {
    const { Credentials } = await sts().send(
      new AssumeRoleCommand({ RoleArn: S3_READ_ROLE, RoleSessionName: "s3-read-session", DurationSeconds: 900 }),
    );
    return listed(new S3Client({ region: "us-west-2", credentials: keys(Credentials) }));
  },

  temporary_credentials: async () => listed(temporary(3600)),

  // beyond the six: the same clients once more
  twice: async () => {
    const s3 = temporary(900);
    return [await listed(s3), await listed(s3)];
  },
  read: async () => {
    const { Body } = await temporary(900).send(new GetObjectCommand({ Bucket, Key: "reports/one.csv" }));
    return Body.transformToString();
  },
  write: () => temporary(900).send(new PutObjectCommand({ Bucket, Key: "reports/two.csv", Body: "3,4" })),
  own_keys: () => listed(new S3Client({ region: "us-west-2" })),
};

try {
  console.log(JSON.stringify({ output: await steps[process.argv[2]]() }));
} catch (error) {
  const { name, message, $metadata } = error;
  console.log(JSON.stringify({ error: name, message, status: $metadata?.httpStatusCode, request_id: $metadata?.requestId }));
}
