// The S3 client of the AWS SDK for JavaScript, through the guard; what came of each step is one line of JSON.
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

const { url, bucket, owner, reader } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const client = (credentials) => new S3Client({ region: "us-east-1", endpoint: url, forcePathStyle: true, credentials });
const keeps = client(owner);
const reads = client(reader);
const awkward = "js/a file é (1)!'*.txt";
const seen = {};

await keeps.send(new PutObjectCommand({ Bucket: bucket, Key: awkward, Body: "hello", Metadata: { note: "b  c" } }));
const pieces = Array.from({ length: 7 }, (_, number) => Buffer.alloc(1_000_000, number));
await keeps.send(
  new PutObjectCommand({ Bucket: bucket, Key: "js/large", Body: Readable.from(pieces), ContentLength: 7_000_000 }),
);

const listed = await reads.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "js/" }));
seen.listed = listed.Contents.map((each) => [each.Key, each.Size]);
const small = await reads.send(new GetObjectCommand({ Bucket: bucket, Key: awkward }));
seen.small = await small.Body.transformToString();
seen.metadata = small.Metadata;
const large = await reads.send(new GetObjectCommand({ Bucket: bucket, Key: "js/large" }));
seen.same = Buffer.concat(pieces).equals(Buffer.from(await large.Body.transformToByteArray()));
try {
  await reads.send(new PutObjectCommand({ Bucket: bucket, Key: "js/no", Body: "x" }));
} catch (error) {
  seen.refused = [error.name, error.$metadata.httpStatusCode, error.message];
}
const gone = await keeps.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key: "js/large" }] } }));
seen.deleted = gone.Deleted.map((each) => each.Key);

console.log(JSON.stringify(seen));
