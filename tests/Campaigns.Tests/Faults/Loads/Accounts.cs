using System.Globalization;
using Npgsql;

namespace Campaigns.Tests.Faults.Loads;

/// <summary>What every load compares in the end.</summary>
internal sealed class Accounts(LoadContext context, string service)
{
    /// <summary>Rows of a service's database: a key and how often it is there.</summary>
    /// <param name="sql">Selects a text and a count.</param>
    public async Task<Dictionary<string, long>> RowsAsync(string sql)
    {
        var database = new NpgsqlConnectionStringBuilder(context.Platform.Postgres) { Database = $"{service}-db" }.ConnectionString;
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return rows;
    }

    /// <summary>Says what is wrong.</summary>
    public void AddFault(string fault) => context.Ledger.AddFault($"{service}: {fault}");

    /// <param name="count">How many rows there have to be; <see langword="null"/>: none or one.</param>
    public void Expect(Dictionary<string, long> rows, string key, long? count, string what)
    {
        var found = rows.GetValueOrDefault(key);
        if (count is null ? found > 1 : found != count)
        {
            AddFault($"{what}: {found} rows instead of {count?.ToString(CultureInfo.InvariantCulture) ?? "0 or 1"}");
        }
    }

    /// <summary>One event for each subject that is expected, none for one that is impossible, and never two.</summary>
    /// <param name="possible">Whether there may be an event although nobody was told so.</param>
    public void Once(Dictionary<string, HashSet<Guid>> events, IEnumerable<string> expected, string name, Func<string, bool>? possible = null)
    {
        var subjects = expected.ToHashSet(StringComparer.Ordinal);
        foreach (var subject in subjects.Where(subject => !events.ContainsKey(subject)))
        {
            AddFault($"{name} of {subject} is lost");
        }

        foreach (var (subject, messages) in events)
        {
            if (messages.Count > 1)
            {
                AddFault(string.Create(CultureInfo.InvariantCulture, $"{name} of {subject} was published {messages.Count} times"));
            }

            if (possible is not null && !subjects.Contains(subject) && !possible(subject))
            {
                AddFault($"{name} of {subject}, which did not happen");
            }
        }
    }
}
