namespace DeviceRegistry.Http;

/// <summary>Reads the body of the operations that add and remove members: whom it is about, by identity or by address.</summary>
internal static class MemberBody
{
    public const int MaximumIdentityLength = 255;

    private const int MaximumEmailLength = 254;
    private const int MaximumNameLength = 100;

    public static async Task<(MemberData? Member, IResult? Refusal)> ReadAsync(HttpContext http)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(http.Request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var member = new MemberData(
                NullIfEmpty(body.OptionalString("identity", MaximumIdentityLength)),
                NullIfEmpty(body.OptionalString("email", MaximumEmailLength)),
                NullIfEmpty(body.OptionalString("firstName", MaximumNameLength)),
                NullIfEmpty(body.OptionalString("lastName", MaximumNameLength)));
            if (member is { Identity: null, Email: null } && body.Refusal is null)
            {
                body.Fault("identity", "required, or email");
            }

            if (member.Email is { } email && (email.IndexOf('@', StringComparison.Ordinal) is < 1 || email.EndsWith('@')))
            {
                body.Fault("email", "must be an e-mail address");
            }

            CheckGroup(body, http);
            return body.Refusal is { } refusal ? (null, refusal) : (member, null);
        }
    }

    /// <summary>Reads <c>group</c>, which may be missing and otherwise repeats the path.</summary>
    public static void CheckGroup(StrictJsonBody body, HttpContext http)
    {
        if (body.OptionalString("group", int.MaxValue) is { Length: > 0 } group && group != http.Access.Group.Name)
        {
            body.Refuse(DeviceRegistryProblems.GroupMismatch);
        }
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>Somebody, as an administrator names him.</summary>
internal sealed record MemberData(string? Identity, string? Email, string? FirstName, string? LastName);
