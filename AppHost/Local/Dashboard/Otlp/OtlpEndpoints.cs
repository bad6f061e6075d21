using System.Buffers;
using System.IO.Compression;
using System.Text;
using Aspire.Hosting.Local.Dashboard.Frontend;
using Aspire.Hosting.Local.Dashboard.Telemetry;
using Microsoft.Net.Http.Headers;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>
/// The OTLP/HTTP receiver (OTLP specification 1.x, "OTLP/HTTP"): <c>POST /v1/traces|logs|metrics</c>, binary Protocol Buffers, gzip or
/// plain. Refusals carry a <c>google.rpc.Status</c>: 401 wrong key, 415 other media type or encoding, 413 too large, 400 malformed.
/// A refused request stores nothing.
/// </summary>
internal sealed class OtlpEndpoints(DashboardOptions options, TelemetryStore store) : IDisposable
{
    public const string KeyHeaderName = "x-otlp-api-key";

    /// <summary>What an exporter sends at most at once is some hundred KiB: 512 spans or records.</summary>
    public const int MaxBodyBytes = 4 * 1024 * 1024;

    /// <summary>Telemetry shrinks by 5 to 10; what shrinks much more is a bomb.</summary>
    public const int MaxUncompressedBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Where Kestrel itself closes the connection, which the sender may see before any answer. Between the two limits the rest of
    /// the body is read and thrown away, so that the sender learns why.
    /// </summary>
    public const int MaxRefusedBodyBytes = MaxUncompressedBytes;

    /// <summary>Bodies in memory at a time; further requests wait.</summary>
    private const int MaxBodiesAtOnce = 4;

    private const string ContentType = "application/x-protobuf";

    private readonly FixedTimeSecret key = new(options.OtlpApiKey);
    private readonly SemaphoreSlim turn = new(MaxBodiesAtOnce, MaxBodiesAtOnce);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/traces", context => ReceiveAsync(context, body => Keep(OtlpTraces.Read(body, store.Intern), store.Add, "A trace is too large.")));
        routes.MapPost("/v1/logs", context => ReceiveAsync(context, body => Keep(OtlpLogs.Read(body, store.Intern), store.Add, "A record is too large.")));
        routes.MapPost("/v1/metrics", context => ReceiveAsync(context, body => Keep(OtlpMetrics.Read(body, store.Intern), store.Add, "There are too many sets of attributes.")));
    }

    public void Dispose() => turn.Dispose();

    private delegate (long Rejected, string Reason) BodyReader(ReadOnlySpan<byte> body);

    private static (long Rejected, string Reason) Keep<T>(OtlpBatch<T> batch, Func<IReadOnlyList<T>, int> add, string reason)
    {
        var notKept = add(batch.Items);
        return (batch.Rejected + notKept, batch.Reason.Length > 0 ? batch.Reason : notKept > 0 ? reason : "");
    }

    private async Task ReceiveAsync(HttpContext context, BodyReader read)
    {
        var request = context.Request;
        if (!options.AllowAnonymous && !key.Matches(request.Headers[KeyHeaderName]))
        {
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, RpcCode.Unauthenticated, $"The header {KeyHeaderName} is missing or wrong.");
            return;
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var mediaType) || !mediaType.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, RpcCode.InvalidArgument, $"Only {ContentType} is read here.");
            return;
        }

        var encoding = request.Headers.ContentEncoding.ToString();
        var isGzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase);
        if (!isGzip && encoding is not ("" or "identity"))
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, RpcCode.InvalidArgument, "Only gzip is read here as a content encoding.");
            return;
        }

        if (request.ContentLength > MaxBodyBytes)
        {
            await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, RpcCode.ResourceExhausted, "The body is too large.");
            return;
        }

        await turn.WaitAsync(context.RequestAborted);
        try
        {
            await using var unzipped = isGzip ? new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true) : null;
            using var body = new PooledBody(isGzip ? MaxUncompressedBytes : MaxBodyBytes);
            await body.ReadAsync(unzipped ?? request.Body, context.RequestAborted);
            var (rejected, reason) = read(body.Span);

            // An empty Export…ServiceResponse is zero bytes.
            context.Response.ContentType = ContentType;
            await context.Response.Body.WriteAsync(rejected == 0 ? [] : PartialSuccess(rejected, reason), context.RequestAborted);
        }
        catch (BodyTooLargeException)
        {
            await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, RpcCode.ResourceExhausted, "The body is too large.");
        }
        catch (BadHttpRequestException exception)
        {
            await RefuseAsync(context, exception.StatusCode, RpcCode.InvalidArgument, exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The body is too large." : "The body cannot be read.");
        }
        catch (InvalidDataException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, RpcCode.InvalidArgument, isGzip ? "The body is no gzip of a valid message." : "The body is no valid message.");
        }
        finally
        {
            turn.Release();
        }
    }

    private static async Task RefuseAsync(HttpContext context, int status, RpcCode code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = ContentType;
        await context.Response.Body.WriteAsync(RpcStatus(code, message), context.RequestAborted);
    }

    /// <summary><c>partial_success = 1 { rejected_… = 1, error_message = 2 }</c>.</summary>
    private static byte[] PartialSuccess(long rejected, string reason)
    {
        var inner = new ArrayBufferWriter<byte>();
        WriteVarint(inner, 1 << 3);
        WriteVarint(inner, (ulong)rejected);
        WriteBytes(inner, 2, Encoding.UTF8.GetBytes(reason));
        var outer = new ArrayBufferWriter<byte>();
        WriteBytes(outer, 1, inner.WrittenSpan);
        return outer.WrittenSpan.ToArray();
    }

    /// <summary><c>google.rpc.Status { code = 1, message = 2 }</c>.</summary>
    private static byte[] RpcStatus(RpcCode code, string message)
    {
        var writer = new ArrayBufferWriter<byte>();
        WriteVarint(writer, 1 << 3);
        WriteVarint(writer, (ulong)code);
        WriteBytes(writer, 2, Encoding.UTF8.GetBytes(message));
        return writer.WrittenSpan.ToArray();
    }

    private static void WriteBytes(ArrayBufferWriter<byte> writer, int field, ReadOnlySpan<byte> bytes)
    {
        WriteVarint(writer, ((ulong)field << 3) | (ulong)WireType.Bytes);
        WriteVarint(writer, (ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteVarint(ArrayBufferWriter<byte> writer, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            writer.Write([(byte)(value | 0x80)]);
        }

        writer.Write([(byte)value]);
    }

    /// <summary>Codes of <c>google.rpc.Code</c>.</summary>
    private enum RpcCode
    {
        InvalidArgument = 3,
        ResourceExhausted = 8,
        Unauthenticated = 16,
    }
}
