using Npgsql;
using NpgsqlTypes;

namespace IdentityAuth.Data;

/// <summary>Positional parameters, and typed nulls, which a bare null does not carry.</summary>
internal static class Sql
{
    public static void Add(this NpgsqlBatch batch, string text, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(text);
        Fill(command.Parameters, values);
        batch.BatchCommands.Add(command);
    }

    public static NpgsqlCommand Command(this NpgsqlDataSource source, string text, params ReadOnlySpan<object> values)
    {
        var command = source.CreateCommand(text);
        Fill(command.Parameters, values);
        return command;
    }

    /// <summary>Runs one statement, which is one transaction.</summary>
    /// <returns>How many rows it touched.</returns>
    public static async Task<int> ExecuteAsync(this NpgsqlDataSource source, string text, object[] values, CancellationToken cancellationToken)
    {
        await using var command = source.Command(text, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads the one value that a statement gives, or <see langword="default"/> for none and for null.</summary>
    public static async Task<T?> ScalarAsync<T>(this NpgsqlDataSource source, string text, object[] values, CancellationToken cancellationToken)
    {
        await using var command = source.Command(text, values);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    public static NpgsqlParameter Text(string? value) => Typed(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Bytes(byte[]? value) => Typed(NpgsqlDbType.Bytea, value);

    public static NpgsqlParameter Number(int? value) => Typed(NpgsqlDbType.Integer, value);

    public static NpgsqlParameter Time(DateTimeOffset? value) => Typed(NpgsqlDbType.TimestampTz, value?.UtcDateTime);

    public static NpgsqlParameter Date(DateOnly? value) => Typed(NpgsqlDbType.Date, value);

    public static NpgsqlParameter Texts(IEnumerable<string> values) => Typed(NpgsqlDbType.Array | NpgsqlDbType.Text, values.ToArray());

    public static NpgsqlParameter BytesList(IEnumerable<byte[]> values) => Typed(NpgsqlDbType.Array | NpgsqlDbType.Bytea, values.ToArray());

    public static string? TextOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset Time(this NpgsqlDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column);

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader reader, int column)
        => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static void Fill(NpgsqlParameterCollection parameters, ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            parameters.Add(value switch
            {
                NpgsqlParameter parameter => parameter,
                DateTimeOffset time => Time(time),
                string text => Text(text),
                byte[] bytes => Bytes(bytes),
                Enum flags => new NpgsqlParameter<int> { TypedValue = Convert.ToInt32(flags, System.Globalization.CultureInfo.InvariantCulture) },
                _ => new NpgsqlParameter { Value = value },
            });
        }
    }

    private static NpgsqlParameter Typed(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
