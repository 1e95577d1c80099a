export {
  DEFAULT_HTTP_ERROR_CODES,
  DEFAULT_PATIENCE,
  type HttpAnswer,
  type HttpBody,
  type HttpCall,
  HttpClient,
  type HttpErrorCodes,
  type HttpPatience,
  NOT_IMPLEMENTED,
  type SignCall,
} from "./http-client.ts";
export { S3Bucket, type S3Credentials, type S3Place, type S3Upload } from "./s3-bucket.ts";
