using System.Text.Json;

namespace IdentityAuth.Http;

/// <summary>What is wrong with a request's fields: 400 <c>INVALID_FORM_BODY</c> with one entry per path and code (contract §1.5).</summary>
internal sealed class FieldErrors : IResult
{
    private readonly List<(string Path, string Code)> _entries = [];

    /// <summary>One entry.</summary>
    public FieldErrors(string path, string code) => Add(path, code);

    public FieldErrors()
    {
    }

    public bool Any => _entries.Count > 0;

    public FieldErrors Add(string path, string code)
    {
        if (!_entries.Contains((path, code)))
        {
            _entries.Add((path, code));
        }

        return this;
    }

    public Task ExecuteAsync(HttpContext httpContext) => IdentityAuthProblems.InvalidFormBody.WriteAsync(httpContext, WriteEntries);

    private void WriteEntries(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("errors"u8);
        foreach (var (path, code) in _entries)
        {
            writer.WriteStartObject();
            writer.WriteString("path"u8, path);
            writer.WriteString("code"u8, code);
            writer.WriteString("message"u8, FieldCodes.MessageOf(code));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
