using System.Buffers;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>A request body in one rented array, bounded.</summary>
internal sealed class PooledBody(int maxBytes) : IDisposable
{
    private const int FirstSize = 32 * 1024;

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int length;

    public ReadOnlySpan<byte> Span => buffer.AsSpan(0, length);

    /// <exception cref="BodyTooLargeException">There is more than the bound.</exception>
    public async Task ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (length == buffer.Length)
            {
                Grow();
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return;
            }

            length += read;
            if (length > maxBytes)
            {
                throw new BodyTooLargeException();
            }
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}

#pragma warning disable CA1032, CA1064 // Thrown and caught between two files here; nobody else can make one.
internal sealed class BodyTooLargeException : Exception;
#pragma warning restore CA1032, CA1064
