namespace DeviceRegistry.Domain;

/// <summary>Rules that several texts share.</summary>
internal static class TextRules
{
    extension(ReadOnlySpan<char> text)
    {
        /// <summary>Whether there is a control character (Unicode category Cc) in it.</summary>
        public bool ContainsControl()
        {
            foreach (var character in text)
            {
                if (char.IsControl(character))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
