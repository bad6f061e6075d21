using System.Reflection;
using System.Text;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>
/// A Lua script in <c>Data/Scripts</c>: one atomic step on the server. The client sends its hash and loads its text once per server.
/// </summary>
internal sealed class RedisScript
{
    /// <summary>The client waits without end for a server that accepts and then hangs; a request must not.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly string _text;

    private RedisScript(string text) => _text = text;

    /// <summary>Loads a script that is made of several files, in this order: the first ones hold what several scripts share.</summary>
    public static RedisScript Load(params ReadOnlySpan<string> names)
    {
        var text = new StringBuilder();
        foreach (var name in names)
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"DeviceRegistry.Data.Scripts.{name}.lua")
                ?? throw new InvalidOperationException($"The script {name} is not embedded.");
            using var reader = new StreamReader(stream);
            text.AppendLine(reader.ReadToEnd());
        }

        return new RedisScript(text.ToString());
    }

    public async Task<RedisResult> RunAsync(IDatabase redis, RedisKey[] keys, RedisValue[] arguments)
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
