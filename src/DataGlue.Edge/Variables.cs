namespace DataGlue.Edge;

/// <summary>What settings are read from: the environment, and behind it the file <c>.env</c> of the working directory. The host reads neither.</summary>
internal sealed class Variables : ConfigurationProvider, IConfigurationSource
{
    private const string FileName = ".env";
    private const string Export = "export";
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SortedSet<string> quoted = new(StringComparer.Ordinal);

    /// <summary>The settings that were read and had quotes around their whole value, which are taken off.</summary>
    public IReadOnlyCollection<string> Quoted => quoted;

    /// <summary>Reads them.</summary>
    /// <exception cref="SettingException">The file, or a line of it, cannot be read.</exception>
    public IConfiguration ToConfiguration() => new ConfigurationBuilder().Add(this).Build();

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load()
    {
        // A link to nowhere, or a folder, stands for a file that a recipe has lost.
        var lines = UnixFile.KindOf(FileName, followLinks: false) == FileKind.None ? [] : ReadLines();
        for (var i = 0; i < lines.Length; i++)
        {
            ReadLine(lines[i], i + 1);
        }

        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            Data[(string)variable.Key] = (string?)variable.Value;
        }
    }

    public override bool TryGet(string key, out string? value)
    {
        if (!base.TryGet(key, out value))
        {
            return false;
        }

        if (value?.Trim() is ['"' or '\'', .., _] text && text[0] == text[^1])
        {
            value = text[1..^1];
            quoted.Add(key);
        }

        return true;
    }

    private static string[] ReadLines()
    {
        try
        {
            return File.ReadAllLines(FileName, Strict);
        }
        catch (DecoderFallbackException)
        {
            throw new SettingException($"{FileName} must be text in UTF-8");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{FileName} must be a file that can be read, or none: {exception.Message}");
        }
    }

    // The value may be a key: a line that is not read is named by its number alone.
    private void ReadLine(string line, int number)
    {
        var text = line.AsSpan().Trim();
        if (text.IsEmpty || text[0] == '#')
        {
            return;
        }

        if (text.StartsWith(Export) && text.Length > Export.Length && char.IsWhiteSpace(text[Export.Length]))
        {
            text = text[Export.Length..].TrimStart();
        }

        var end = text.IndexOf('=');
        var name = end < 0 ? default : text[..end].TrimEnd();
        if (!IsName(name) || !TryReadValue(text[(end + 1)..], out var value))
        {
            throw new SettingException($"{FileName} must hold lines NAME=value, comments behind #, and nothing else; line {number} is none of these");
        }

        Data[name.ToString()] = value;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return name.Length > 0 && !char.IsAsciiDigit(name[0]);
    }

    // Quotes stay, and are taken off as in the environment. What stands behind the closing one must be a comment.
    private static bool TryReadValue(ReadOnlySpan<char> text, out string value)
    {
        var inner = text.TrimStart();
        if (inner is ['"' or '\'', ..])
        {
            var close = inner[1..].IndexOf(inner[0]) + 1;
            var rest = inner[(close + 1)..];
            value = inner[..(close + 1)].ToString();
            return close > 0 && (rest.IsWhiteSpace() || (char.IsWhiteSpace(rest[0]) && rest.TrimStart()[0] == '#'));
        }

        var end = 0;
        while (end < text.Length && !(text[end] == '#' && end > 0 && char.IsWhiteSpace(text[end - 1])))
        {
            end++;
        }

        value = text[..end].Trim().ToString();
        return true;
    }
}
