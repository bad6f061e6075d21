using System.Security.Cryptography;
using System.Text;

namespace ServiceDefaults.Data;

/// <summary>One numbered SQL file.</summary>
/// <param name="Number">The file name's first four digits.</param>
/// <param name="FileName">Such as <c>0001_pairing.sql</c>.</param>
/// <param name="Sql">The whole text, with LF.</param>
internal sealed record Migration(int Number, string FileName, string Sql)
{
    /// <summary>SHA-256 of the text, hexadecimal. Line ends do not count: a checkout may change them.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
}
