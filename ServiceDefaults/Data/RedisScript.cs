using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace ServiceDefaults.Data;

/// <summary>A Lua script: one atomic step on the server, which is sent its hash, and its text only when it does not know it.</summary>
public sealed class RedisScript
{
    /// <summary>
    /// The client waits without end for a server that accepts and then hangs; a request must not. What was asked for may still happen
    /// afterwards.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly string _text;

    // With the text the client would look for its hash at every call.
    private readonly byte[] _hash;
    private volatile bool _isKnown;

    public RedisScript(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
#pragma warning disable CA5350 // By SHA-1 Redis names its scripts (EVALSHA).
        _hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }

    /// <summary>
    /// Reads a script that <typeparamref name="TMarker"/>'s assembly embeds (<c>Data/Scripts/name.lua</c>). One of several files is made
    /// of them in this order: the first ones hold what several scripts share.
    /// </summary>
    public static RedisScript Load<TMarker>(params ReadOnlySpan<string> names)
    {
        var assembly = typeof(TMarker).Assembly;
        var text = new StringBuilder();
        foreach (var name in names)
        {
            using var stream = assembly.GetManifestResourceStream($"{assembly.GetName().Name}.Data.Scripts.{name}.lua")
                ?? throw new InvalidOperationException($"The script {name} is not embedded.");
            using var reader = new StreamReader(stream);
            text.AppendLine(reader.ReadToEnd());
        }

        return new RedisScript(text.ToString());
    }

    /// <summary>Runs it. The first time it goes with its text, in one piece, so that it keeps its place among other calls.</summary>
    /// <exception cref="TimeoutException">No answer within <see cref="Timeout"/>.</exception>
    public Task<RedisResult> RunAsync(IDatabase redis, RedisKey[] keys, params RedisValue[] arguments)
    {
        ArgumentNullException.ThrowIfNull(redis);
        return EvaluateAsync(redis, keys, arguments).WaitAsync(Timeout);
    }

    private async Task<RedisResult> EvaluateAsync(IDatabase redis, RedisKey[] keys, RedisValue[] arguments)
    {
        if (_isKnown)
        {
            try
            {
                return await redis.ScriptEvaluateAsync(_hash, keys, arguments);
            }
            catch (RedisServerException exception) when (IsUnknown(exception))
            {
                // The server has started anew, or its script cache was flushed. It did nothing.
                _isKnown = false;
            }
        }

        RedisResult result;
        try
        {
            result = await redis.ScriptEvaluateAsync(_text, keys, arguments);
        }
        catch (RedisServerException exception) when (IsUnknown(exception))
        {
            // The client thought that it had loaded the text there; it knows better now.
            result = await redis.ScriptEvaluateAsync(_text, keys, arguments);
        }

        _isKnown = true;
        return result;
    }

    private static bool IsUnknown(RedisServerException exception) => exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);
}
