using System.Reflection;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>
/// A Lua script in <c>Data/Scripts</c>: one atomic step on the server. The client sends its hash and loads its text once per server.
/// </summary>
internal sealed class RedisScript
{
    /// <summary>The client waits without end for a server that accepts and then hangs; a request must not.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly string _text;

    private RedisScript(string text) => _text = text;

    public static RedisScript Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"IdentityAuth.Data.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script {name} is not embedded.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    }

    public async Task<RedisResult> RunAsync(IDatabase redis, RedisKey[] keys, params RedisValue[] arguments)
    {
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
