using System.Text;
using Dapper;
using Npgsql;

namespace ScopeSigning.Data;

/// <summary>
/// Unicode's normal form C. The runtime runs in invariant mode, without Unicode's tables, so Postgres, which has them, does it;
/// text in ASCII, nearly all there is, needs no asking.
/// </summary>
internal sealed class UnicodeText(NpgsqlDataSource database)
{
    public async Task<string> ToNormalFormCAsync(string text, CancellationToken cancellationToken)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<string>(new CommandDefinition(
            "SELECT normalize(@text, NFC)", new { text }, cancellationToken: cancellationToken)) ?? text;
    }
}
