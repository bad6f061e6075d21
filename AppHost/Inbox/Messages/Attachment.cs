namespace Inbox.Messages;

/// <summary>A part of a mail that is not its text.</summary>
/// <param name="PartId">Position of the part in the mail, <c>2</c> or <c>1.3</c>, from 1.</param>
/// <param name="FileName">As given, or made from the media type; never with a path.</param>
/// <param name="ContentType">Media type without parameters, lower case.</param>
/// <param name="ContentId">Name under which the HTML may refer to it (<c>cid:</c>, RFC 2392), or empty.</param>
/// <param name="Content">Decoded octets.</param>
public sealed record Attachment(string PartId, string FileName, string ContentType, string ContentId, ReadOnlyMemory<byte> Content);
