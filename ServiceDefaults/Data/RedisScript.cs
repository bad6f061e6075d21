using System.Text;
using StackExchange.Redis;

namespace ServiceDefaults.Data;

/// <summary>A Lua script: one atomic step on the server. The client sends its hash, and its text once per server.</summary>
public sealed class RedisScript
{
    /// <summary>
    /// The client waits without end for a server that accepts and then hangs; a request must not. What was asked for may still happen
    /// afterwards.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly string _text;

    public RedisScript(string text) => _text = text;

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

    /// <exception cref="TimeoutException">No answer within <see cref="Timeout"/>.</exception>
    public async Task<RedisResult> RunAsync(IDatabase redis, RedisKey[] keys, params RedisValue[] arguments)
    {
        ArgumentNullException.ThrowIfNull(redis);
        try
        {
            return await redis.ScriptEvaluateAsync(_text, keys, arguments).WaitAsync(Timeout);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server has started anew, or its script cache was flushed. It did nothing, and the client knows now.
            return await redis.ScriptEvaluateAsync(_text, keys, arguments).WaitAsync(Timeout);
        }
    }
}
