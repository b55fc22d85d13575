// Counts the AssumeRole calls of the JavaScript SDK over a simulated day. Arguments: lifetime and step, in seconds.
import { STSClient } from "@aws-sdk/client-sts";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";

const [lifetime, step] = process.argv.slice(2).map(Number);
let now = 1800000000000;
let calls = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [now]));
  }
  static now() {
    return now;
  }
};

const requestHandler = {
  async handle() {
    calls += 1;
    const expiration = new RealDate(now + lifetime * 1000).toISOString();
    const xml =
      "<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult><Credentials>" +
      `<AccessKeyId>ASIA${calls}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>` +
      `<Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
    const body = new TextEncoder().encode(xml);
    const { Readable } = await import("node:stream");
    return { response: { statusCode: 200, headers: { "content-type": "text/xml" }, body: Readable.from([body]) } };
  },
  updateHttpClientConfig() {},
  httpHandlerConfigs() {
    return {};
  },
};

const client = new STSClient({
  region: "eu-west-1",
  credentials: fromTemporaryCredentials({
    params: { RoleArn: "arn:aws:iam::123456789012:role/reader", RoleSessionName: "me", DurationSeconds: lifetime },
    masterCredentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "s" },
    clientConfig: { region: "eu-west-1", requestHandler },
  }),
});
const end = now + 86400000;
while (now < end) {
  await client.config.credentials();
  now += step * 1000;
}
console.log(calls);
