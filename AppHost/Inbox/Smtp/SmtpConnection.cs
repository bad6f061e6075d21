using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Inbox.Smtp;

/// <summary>How reading a command line ended.</summary>
internal enum CommandLineOutcome
{
    Line,

    /// <summary>Longer than <see cref="SmtpConnection.MaxCommandOctets"/>; the line has been read to its end and dropped.</summary>
    TooLong,

    /// <summary>The line ended with LF alone, or holds octets that are not UTF-8 text.</summary>
    BareLineFeed,
    NotText,

    /// <summary>The client has closed its side.</summary>
    Closed,
}

/// <summary>
/// The octets of one SMTP connection. Replies are collected and written when the client has nothing more to say, so that a pipelined group
/// (RFC 2920 §3.2) is answered in one write.
/// </summary>
/// <exception cref="TimeoutException">From each reading method: nothing came for the idle time.</exception>
internal sealed class SmtpConnection(NetworkStream stream, TimeSpan idleTimeout, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>
    /// Octets of a command line with its CRLF. RFC 5321 §4.5.3.1.4 asks for 512 and more with extensions; 1000 is also what a line of text
    /// may have (§4.5.3.1.6).
    /// </summary>
    public const int MaxCommandOctets = 1000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly PipeReader reader = PipeReader.Create(stream);
    private readonly ArrayBufferWriter<byte> replies = new();

    public void Reply(SmtpReply reply) => replies.Write(reply.ToOctets());

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (replies.WrittenCount > 0)
        {
            await stream.WriteAsync(replies.WrittenMemory, cancellationToken);
            replies.ResetWrittenCount();
        }
    }

    public async Task<(CommandLineOutcome Outcome, string Line)> ReadCommandAsync(CancellationToken cancellationToken)
    {
        var tooLong = false;
        byte last = 0;
        while (true)
        {
            var result = await ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } feed)
            {
                var line = buffer.Slice(0, feed);
                var outcome = Judge(line, tooLong, last, out var text);
                reader.AdvanceTo(buffer.GetPosition(1, feed));
                return (outcome, text);
            }

            if (tooLong || buffer.Length >= MaxCommandOctets)
            {
                tooLong = true;
                last = buffer.IsEmpty ? last : buffer.Slice(buffer.Length - 1).FirstSpan[0];
                reader.AdvanceTo(buffer.End);
            }
            else
            {
                reader.AdvanceTo(buffer.Start, buffer.End);
            }

            if (result.IsCompleted)
            {
                return (CommandLineOutcome.Closed, "");
            }
        }
    }

    /// <summary>Reads a mail up to its end; <see langword="false"/> when the client closed before, or sent more than <paramref name="abandonAfter"/> octets.</summary>
    public async Task<bool> ReadDataAsync(MailDataReader data, long abandonAfter, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await ReadAsync(cancellationToken);
            long position = 0;
            var ended = false;
            foreach (var segment in result.Buffer)
            {
                ended = data.Append(segment.Span, out var consumed);
                position += consumed;
                if (ended)
                {
                    break;
                }
            }

            reader.AdvanceTo(result.Buffer.GetPosition(position));
            if (ended || result.IsCompleted || data.Octets > abandonAfter)
            {
                return ended;
            }
        }
    }

    /// <summary>
    /// Says the last words and ends the connection. Whatever the client still sends is read and dropped: closing a socket that has unread
    /// octets resets the connection, and the client would lose the reply that tells it why. After <paramref name="patience"/> that is its problem.
    /// </summary>
    public async Task CloseAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience, clock);
        try
        {
            await FlushAsync(limit.Token);
            stream.Socket.Shutdown(SocketShutdown.Send);
            var dropped = new byte[4096];
            while (await stream.ReadAsync(dropped, limit.Token) > 0)
            {
            }
        }
        catch (OperationCanceledException)
        {
            // Not listening any more.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await reader.CompleteAsync();
        await stream.DisposeAsync();
    }

    private static CommandLineOutcome Judge(ReadOnlySequence<byte> line, bool tooLong, byte last, out string text)
    {
        text = "";
        last = line.IsEmpty ? last : line.Slice(line.Length - 1).FirstSpan[0];
        if (last != '\r')
        {
            return CommandLineOutcome.BareLineFeed;
        }

        if (tooLong || line.Length + 1 > MaxCommandOctets)
        {
            return CommandLineOutcome.TooLong;
        }

        try
        {
            text = StrictUtf8.GetString(line.Slice(0, line.Length - 1));
            return text.Any(char.IsControl) ? CommandLineOutcome.NotText : CommandLineOutcome.Line;
        }
        catch (DecoderFallbackException)
        {
            return CommandLineOutcome.NotText;
        }
    }

    private async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        if (reader.TryRead(out var buffered))
        {
            return buffered;
        }

        using var idle = new CancellationTokenSource(idleTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
        try
        {
            await FlushAsync(either.Token);
            return await reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The SMTP client was silent for too long.", exception);
        }
    }
}
