using Npgsql;
using NpgsqlTypes;

namespace ScopeSigning.Data;

/// <summary>Positional parameters for batches, and typed nulls, which a bare null does not carry.</summary>
internal static class Sql
{
    public static void Add(this NpgsqlBatch batch, string text, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        }

        batch.BatchCommands.Add(command);
    }

    public static NpgsqlParameter Bytes(byte[]? value) => Typed(NpgsqlDbType.Bytea, value);

    public static NpgsqlParameter Text(string? value) => Typed(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Integer(long? value) => Typed(NpgsqlDbType.Bigint, value);

    public static NpgsqlParameter Id(Guid? value) => Typed(NpgsqlDbType.Uuid, value);

    private static NpgsqlParameter Typed(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
