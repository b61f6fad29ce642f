/** Words whose apostrophes answers leave out, as the VQA evaluation has them. */
const WHOLE = `
ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't
he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't
must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've
somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's something'd
something'd've something'll that's there'd there'd've there're there's they'd they'd've they'll they're
they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's where'd where's where've
who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll
y'all'd've you'd you'd've you'll you're you've
`;

/** The word without one of its apostrophes, each in turn. */
const withoutOne = (word: string): string[] => {
  const parts = word.split("'");
  return parts
    .slice(1)
    .map((part, i) => [...parts.slice(0, i), `${parts[i] ?? ""}${part}`, ...parts.slice(i + 2)].join("'"));
};

/** What lacks one apostrophe, to the word that it was. */
export const CONTRACTIONS: ReadonlyMap<string, string> = new Map([
  ...WHOLE.trim()
    .split(/\s+/)
    .flatMap((word) => withoutOne(word).map((short): [string, string] => [short, word])),
  // Sic: the one that goes the other way in their list.
  ["somebody'd", "somebodyd"],
]);
